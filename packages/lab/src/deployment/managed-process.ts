import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ManagedProcessOptions {
  /** Network namespace to run in. */
  readonly namespace: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** File that its output is appended to. */
  readonly logFile: string;
}

/** How long a process may take to stop before it is killed, milliseconds. */
const STOP_MS = 15_000;

/** A program in a network namespace that can be killed and started again. */
export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What the process has written so far. */
  get log(): string {
    return readFileSync(this.#options.logFile, 'utf8');
  }

  start(): void {
    const { namespace, command, environment = {}, logFile } = this.#options;
    const output = openSync(logFile, 'a');
    const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...environment },
    });
    closeSync(output);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to stop, and kills it when it takes too long. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
