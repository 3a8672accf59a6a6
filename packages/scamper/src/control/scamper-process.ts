import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScamperError } from '../errors.ts';

export interface ScamperProcessOptions {
  /** Path of the control socket that scamper makes. */
  readonly socketPath: string;
  /** Packets a second, for everything together; 1 to 10,000. */
  readonly packetsPerSecond: number;
  /** The program. Default `scamper`. */
  readonly program?: string;
  /** Words before it, for instance to run it in a network namespace. Default: none. */
  readonly wrapper?: readonly string[];
  /** How long scamper may take to make its socket, milliseconds. Default 5,000. */
  readonly startTimeoutMs?: number;
}

const KILL_AFTER_MS = 1_000;

/** One scamper process. */
export class ScamperProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  /** Starts scamper and waits for its socket. @throws {ScamperError} `startFailed` with what it said */
  static async start(options: ScamperProcessOptions): Promise<ScamperProcess> {
    const { socketPath, packetsPerSecond, program = 'scamper', wrapper = [], startTimeoutMs = 5_000 } = options;
    // scamper leaves its socket behind when it is killed, and then refuses to start.
    rmSync(socketPath, { force: true });
    const [command, ...args] = [...wrapper, program, '-U', socketPath, '-p', String(packetsPerSecond)];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-500);
    });
    const process = new ScamperProcess(child);
    for (let waited = 0; !existsSync(socketPath); waited += 10) {
      if (process.#hasEnded || waited > startTimeoutMs) {
        await process.stop();
        throw new ScamperError('startFailed', `scamper did not start: ${said.trim() || 'it said nothing'}`);
      }
      await sleep(10);
    }
    return process;
  }

  /** Resolves when scamper has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Number of the process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends scamper, by force when it does not react within a second: a suspended process does not take `SIGTERM`. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
