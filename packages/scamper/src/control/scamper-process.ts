import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScamperError } from '../errors.ts';

/** How a scamper process ended. */
export interface ScamperEnd {
  /** Exit code; `null` after a signal. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last 500 characters of its standard error. */
  readonly output: string;
}

/** How to start scamper. */
export interface ScamperProcessOptions {
  /** Path of the control socket that scamper creates. An existing file is removed. */
  readonly socketPath: string;
  /** Packets per second over all commands, 1 to 10,000 (scamper's option `-p`). */
  readonly packetsPerSecond: number;
  /** Program to run. Default `scamper`, found in `PATH`. */
  readonly program?: string;
  /** Words before the program, for example `['ip', 'netns', 'exec', 'lab']`. Default: none. */
  readonly wrapper?: readonly string[];
}

const KILL_AFTER_MS = 2_000;
/** Time that scamper has to create its socket, milliseconds. */
const MOST_START_MS = 5_000;

/** A running scamper process. */
export class ScamperProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #errorOutput = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#errorOutput = `${this.#errorOutput}${chunk.toString()}`.slice(-500);
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      child.once('exit', end);
      child.once('error', () => {
        // A scamper that is setuid root may belong to another user, who alone may end it: it must not keep this program.
        child.unref();
        if (child.stderr instanceof Socket) child.stderr.unref();
        end();
      });
    });
  }

  /** Starts scamper and waits for its control socket. @throws {ScamperError} `startFailed`, with scamper's output */
  static async start(options: ScamperProcessOptions): Promise<ScamperProcess> {
    const { socketPath, packetsPerSecond, program = 'scamper', wrapper = [] } = options;
    // scamper leaves its socket behind when it is killed, and does not start while the file exists.
    rmSync(socketPath, { force: true });
    const [command, ...args] = [...wrapper, program, '-U', socketPath, '-p', String(packetsPerSecond)];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const process = new ScamperProcess(child);
    for (let waited = 0; !existsSync(socketPath); waited += 10) {
      if (process.#hasEnded || waited > MOST_START_MS) {
        await process.stop();
        const output = process.#errorOutput.trim();
        throw new ScamperError('startFailed', `${program} did not start: ${output || 'no output'}`, {
          program,
          output,
        });
      }
      await sleep(10);
    }
    return process;
  }

  /** Process id; `undefined` when the program could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How the process ended; `undefined` while it runs. */
  get end(): ScamperEnd | undefined {
    if (!this.#hasEnded) return undefined;
    const { exitCode, signalCode: signal } = this.#child;
    return { exitCode, signal, output: this.#errorOutput.trim() };
  }

  /**
   * Sends `SIGTERM`, after two seconds `SIGKILL`, and waits for the end of the process. One that this program may not end is left to the service manager
   * or the container.
   */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGTERM');
    // A process that is suspended (SIGSTOP) does not react to SIGTERM.
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(kill);
  }
}
