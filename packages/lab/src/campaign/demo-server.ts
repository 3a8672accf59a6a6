import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CampaignError } from './errors.ts';
import { Program } from './program.ts';

const DEMO = fileURLToPath(new URL('../demo/main.ts', import.meta.url));
/** What the demo prints when everything is up. */
const READY = 'press Ctrl-C to stop';
const POLL_MS = 200;

/** How the demo runs under a campaign. */
export interface DemoServerOptions {
  /** Size of its simulated Internet. */
  readonly size: string;
  /** Directory of its database. */
  readonly database: string;
  /** TCP port of its API on 127.0.0.1. */
  readonly port: number;
  /** Measurements under way at once. */
  readonly concurrency: number;
}

/** `npm run demo` in a separate process, with a database on disk. It can be killed and started again. */
export class DemoServer {
  readonly #options: DemoServerOptions;
  readonly #program: Program;
  readonly url: string;

  constructor(options: DemoServerOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#program = new Program([DEMO, '--size', options.size, '--fast'], {
      REVTR_PORT: String(options.port),
      REVTR_DATABASE: options.database,
      REVTR_CONCURRENCY: String(options.concurrency),
    });
  }

  /** Largest resident memory so far, MiB; 0 after the end. */
  get mostMib(): number {
    return this.#program.mostMib;
  }

  /** Resident memory now, MiB; {@link mostMib} begins again with it. */
  resetMostMib(): number {
    return this.#program.resetMostMib();
  }

  /** Waits until the demo is up, and returns the API key that it prints. @throws {CampaignError} `programFailed` or `stopped` */
  async key(signal: AbortSignal): Promise<string> {
    while (!this.#program.output.includes(READY)) {
      if (signal.aborted) throw new CampaignError('stopped', 'the campaign was stopped', {});
      if (!this.#program.isRunning) {
        const { output } = this.#program;
        throw new CampaignError('programFailed', `the demo ended:\n${output}`, { program: 'demo', output });
      }
      await sleep(POLL_MS);
    }
    return /, key (\S+)/.exec(this.#program.output)?.[1] ?? '';
  }

  /** Kills the demo with SIGKILL, and starts it again on the same database. */
  async restart(): Promise<DemoServer> {
    await this.#program.end('SIGKILL');
    return new DemoServer(this.#options);
  }

  stop(): Promise<void> {
    return this.#program.end('SIGTERM');
  }
}
