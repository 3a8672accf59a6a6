import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { statusOf } from '../soak/process-usage.ts';

/** A program of the campaign in a separate process. */
export class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  /** Starts a program with the Node.js of this process. Its messages go to standard error of this process. */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
      // Ctrl-C reaches every process of the terminal's group. This program decides when the others stop.
      detached: true,
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    this.#closed = once(this.#child, 'close');
    this.#closed.catch(() => undefined);
  }

  /** What the program has printed on standard output. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Largest resident memory so far, MiB (proc(5), VmHWM); 0 after the end. */
  get mostMib(): number {
    return this.#memory('VmHWM');
  }

  /** Resident memory now, MiB. The largest memory so far is this from now on (proc(5), clear_refs). */
  resetMostMib(): number {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, '5');
    return this.#memory('VmRSS');
  }

  #memory(field: 'VmHWM' | 'VmRSS'): number {
    try {
      // A process that has ended and whose parent does not know it yet has no memory.
      return Math.round((statusOf(this.#child.pid)(field) || 0) / 1_024);
    } catch {
      return 0;
    }
  }

  /** Exit code; `null` after a signal. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Ends the program and waits for its end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#closed.catch(() => undefined);
  }
}
