import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended. */
export interface ProgramEnd {
  /** Exit code; `null` after a signal, or when the program could not be started. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface ManagedProcessOptions {
  /** Network namespace of the process. */
  readonly namespace: string;
  readonly command: readonly string[];
  /** Variables in addition to those of this process. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** File to which standard output and standard error are appended. */
  readonly logFile: string;
  /** Called when the program ends although neither `stop` nor `kill` was called. */
  readonly onEnd?: (end: ProgramEnd) => void;
}

/** Time after SIGTERM until a process is killed, in milliseconds. */
const STOP_MS = 15_000;
/** Where Node.js keeps compiled code by its own default: without it, a controller takes twice the processor time to start. */
const COMPILED = join(tmpdir(), 'node-compile-cache');

/** A program in a network namespace that can be stopped, killed and restarted. */
export class ManagedProcess {
  readonly #options: ManagedProcessOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isEndWanted = false;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether there is a log file: a process of this name was started. */
  get hasLog(): boolean {
    return existsSync(this.#options.logFile);
  }

  /** The contents of the log file. */
  get log(): string {
    return readFileSync(this.#options.logFile, 'utf8');
  }

  start(): void {
    const { namespace, command, environment = {}, logFile, onEnd } = this.#options;
    const output = openSync(logFile, 'a');
    const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
      stdio: ['ignore', output, output],
      env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...environment },
      // Ctrl-C reaches every process of the terminal's group. This program decides when the others stop.
      detached: true,
    });
    closeSync(output);
    this.#child = child;
    this.#isEndWanted = false;
    this.#ended = new Promise((resolve) => {
      const end = (exitCode: number | null, signal: string | null): void => {
        resolve();
        if (!this.#isEndWanted) onEnd?.({ exitCode, signal });
      };
      child.once('exit', end);
      child.once('error', () => end(null, null));
    });
  }

  /** Sends SIGKILL and waits for the end of the process. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Sends a signal that ends the process, and waits for its end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#isEndWanted = true;
    this.#child?.kill(signal);
    await this.#ended;
  }

  /** Sends a signal that the process handles. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Suspends the process: it does nothing, but keeps its connections and memory. */
  suspend(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Lets a suspended process go on. */
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sends SIGTERM, after 15 seconds SIGKILL, and waits for the end of the process. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#isEndWanted = true;
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
