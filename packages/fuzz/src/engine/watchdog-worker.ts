import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { storeInput } from './corpus.ts';

export interface WatchdogData {
  readonly target: string;
  /** Number of the input, and its length. */
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly input: Uint8Array<SharedArrayBuffer>;
}

const isShared = ({ buffer }: Int32Array | Uint8Array): boolean => buffer instanceof SharedArrayBuffer;
const dataSchema: z.ZodType<WatchdogData> = z.object({
  target: z.string(),
  state: z.custom<WatchdogData['state']>((value) => value instanceof Int32Array && isShared(value)),
  input: z.custom<WatchdogData['input']>((value) => value instanceof Uint8Array && isShared(value)),
});

const LIMIT_MS = 10_000;
const { target, state, input } = dataSchema.parse(workerData);
let last = Atomics.load(state, 0);

setInterval(() => {
  const now = Atomics.load(state, 0);
  if (now === last && now > 0) {
    const path = storeInput(target, 'found', Uint8Array.from(input.subarray(0, Atomics.load(state, 1))));
    // The streams of a worker pass through the main thread, which is busy.
    writeSync(1, `an input did not end within ${LIMIT_MS / 1_000} s: ${path}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, LIMIT_MS);
