import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KernelLabError } from '../../namespaces/errors.ts';

const STOP_MS = 10_000;
const POLL_MS = 100;

/** The file that contains the ID of the process that runs a lab, by the name of the lab. */
export class Holder {
  readonly #name: string;
  readonly #path: string;

  /** @param name of the lab */
  constructor(name: string) {
    this.#name = name;
    this.#path = join(tmpdir(), `revtr-lab-${name}.pid`);
  }

  /** Runs `work` as the process that runs the lab. @throws {KernelLabError} `alreadyRunning` */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#take();
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** Records this process, also in place of one that was killed. */
  #take(): void {
    const pid = this.#read();
    if (pid !== undefined && isAlive(pid))
      throw new KernelLabError(
        'alreadyRunning',
        `process ${pid} runs a lab with the name ${this.#name}. To remove it, run: npm run lab -- down --name ${this.#name}`,
        { name: this.#name, pid },
      );
    this.#release();
    writeFileSync(this.#path, String(process.pid), { flag: 'wx' });
  }

  #release(): void {
    rmSync(this.#path, { force: true });
  }

  /** Stops the process that runs the lab, and waits at most ten seconds for its end. */
  async stop(): Promise<void> {
    const pid = this.#read();
    if (pid !== undefined && isAlive(pid)) {
      process.kill(pid, 'SIGTERM');
      for (let waited = 0; isAlive(pid) && waited < STOP_MS; waited += POLL_MS) await sleep(POLL_MS);
    }
    this.#release();
  }

  #read(): number | undefined {
    try {
      return Number(readFileSync(this.#path, 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
