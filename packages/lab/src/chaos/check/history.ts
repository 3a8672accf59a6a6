import { z } from 'zod';
import { parseLines, readRunFile } from '../files/read-run-file.ts';

const at = z.number();
const batchId = z.int();
const user = z.int();
const pairSchema = z.object({ src: z.string(), dst: z.string() });
const rejectedSchema = z.object({ index: z.int(), code: z.string() });

/** A measurement as a client was shown it. */
const shownSchema = z.object({
  id: z.int(),
  src: z.string(),
  dst: z.string(),
  state: z.string(),
  stopReason: z.string().exactOptional(),
  /** Code of the reason why it failed. */
  failCode: z.string().exactOptional(),
  /** Digest of what was measured. */
  digest: z.string(),
});
/** A measurement as a client was shown it. */
export type ShownMeasurement = z.infer<typeof shownSchema>;

/** What a client did or was told; `at` is in milliseconds since the Unix epoch. */
const clientEventSchema = z.discriminatedUnion('type', [
  /** A client is about to submit a batch. Written once for each key, and before the first attempt. */
  z.object({ type: z.literal('submitting'), at, user, key: z.string(), pairs: z.array(pairSchema) }),
  /** The server accepted a batch. `rejected` are the places of pairs that it left out, and why. */
  z.object({ type: z.literal('accepted'), at, user, key: z.string(), batchId, rejected: z.array(rejectedSchema) }),
  /** The server refused a request. `subject` is what the request was about, `key` the idempotency key of a batch. */
  z.object({ type: z.literal('refused'), at, subject: z.string(), key: z.string().exactOptional(), code: z.string() }),
  z.object({ type: z.literal('cancelling'), at, batchId }),
  z.object({ type: z.literal('cancelled'), at, batchId, done: z.int(), cancelled: z.int() }),
  /** An operator is about to forbid probes, was told that they are forbidden, and the same for allowing them again. Restrictions have numbers. */
  z.object({ type: z.enum(['forbidding', 'forbidden', 'allowing', 'allowed']), at, restriction: z.int() }),
  /** The first request to allow probes again was answered that they were not forbidden. */
  z.object({ type: z.literal('absent'), at, restriction: z.int() }),
  /** The stream of a batch told of an end. */
  z.object({ type: z.literal('ended'), at, batchId, measurement: z.int(), stopReason: z.string() }),
  /** A batch was read. `isFinal`: after all faults were repaired. */
  z.object({ type: z.literal('read'), at, batchId, isFinal: z.boolean(), measurements: z.array(shownSchema) }),
  /** The readiness of an API has changed. `status` is 0 when it does not answer; `failed` are the parts that do not work. */
  z.object({ type: z.literal('readiness'), at, api: z.string(), status: z.int(), failed: z.array(z.string()) }),
  /** A call failed, and the client tries again or gives up the call. */
  z.object({ type: z.literal('failed'), at, call: z.string(), code: z.string(), reason: z.string() }),
]);
/** What a client did or was told. */
export type ClientEvent = z.infer<typeof clientEventSchema>;

/** The events of a history: one in a line. A last line that is cut short, because its writer was killed, is left out. */
export const parseHistory = (text: string): ClientEvent[] => parseLines(text, clientEventSchema);

/** Reads the history of the clients of a run. @throws {ChaosError} `unreadableRun` */
export const readHistory = (file: string): ClientEvent[] => readRunFile(file, parseHistory);
