import { Worker } from 'node:worker_threads';
import type { WatchdogData } from './watchdog-worker.ts';

const MOST_INPUT_BYTES = 2 ** 20;

/** Ends the process when one input takes longer than ten seconds, and stores the input before that. */
export class Watchdog {
  /** Number of the input, and its length. */
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #input = new Uint8Array(new SharedArrayBuffer(MOST_INPUT_BYTES));
  readonly #worker: Worker;

  /** `target` is the name under which the input is stored. */
  constructor(target: string) {
    const workerData: WatchdogData = { target, state: this.#state, input: this.#input };
    this.#worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), { workerData });
    this.#worker.unref();
  }

  /** An input begins; the one before it has ended. */
  readonly watch = (input: Uint8Array): void => {
    const length = Math.min(input.length, MOST_INPUT_BYTES);
    this.#input.set(length === input.length ? input : input.subarray(0, length));
    this.#state[1] = length;
    this.#state[0]++;
  };

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
