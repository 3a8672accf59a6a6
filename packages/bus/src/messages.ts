import { z } from 'zod';
import { MOST_BYTES } from './contracts.ts';
import { BusError } from './errors.ts';

const text = z.string().min(1).max(256);
const number = z.int().nonnegative();
/** The name of a bus. It becomes part of a subject, in which NATS accepts no spaces and takes `*` and `>` for patterns. */
const process = z.uuid();

/** The body of a message that only says that messages before it are missing. */
export const NOTHING = null;

/** A message of a topic: who sent it, and how many the sender had sent on this topic with it. */
export const envelopeSchema = z.object({ from: text, number, body: z.unknown() });

/** Which bundle for a process one is: the bundles of a series are numbered from 1, and a series ends when the connection of the sender is lost. */
const bundleMarkSchema = z.object({ series: number, number });
export type BundleMark = z.infer<typeof bundleMarkSchema>;

/** Whether the sender reads bundles. Processes of earlier versions do not. */
const readsBundles = { readsBundles: z.boolean().default(false) };

/** One message of a stream. `from` names the bus that sends it; a stream is named by the bus that opened it. */
export const frameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), from: process, stream: text, service: text, name: text, ...readsBundles }),
  z.object({
    ...{ type: z.literal('accept'), from: process, stream: text, window: z.int().min(1), ...readsBundles },
    /** Whether the sender tells when it begins to serve a request. Processes of earlier versions do not. */
    tellsBegun: z.boolean().default(false),
  }),
  z.object({
    ...{ type: z.literal('request'), from: process, stream: text, id: number, body: z.unknown() },
    /** Whether the sender wants to know when the request no longer waits. */
    asksBegun: z.boolean().exactOptional(),
  }),
  /** The answer to `open` of a process that has as many streams as it allows. Processes of earlier versions cannot read it. */
  z.object({ type: z.literal('refused'), from: process, stream: text, limit: number }),
  z.object({ type: z.literal('begun'), from: process, stream: text, id: number }),
  z.object({ type: z.literal('cancel'), from: process, stream: text, id: number }),
  z.object({ type: z.literal('response'), from: process, stream: text, id: number, body: z.unknown() }),
  z.object({ type: z.literal('failure'), from: process, stream: text, id: number, message: z.string() }),
  z.object({ type: z.literal('end'), from: process, stream: text }),
  /** `last` is that of the last bundle for the receiver. Processes of earlier versions do not tell it. */
  z.object({ type: z.literal('alive'), from: process, last: bundleMarkSchema.exactOptional() }),
]);
/** One message of a stream. */
export type Frame = z.infer<typeof frameSchema>;

/** Messages of streams that one process has sent to another within a moment. Processes of earlier versions do not mark theirs. */
export const bundleSchema = z.object({
  ...{ type: z.literal('bundle'), from: process, frames: z.array(z.unknown()) },
  mark: bundleMarkSchema.exactOptional(),
});
/** What a process receives: a frame or a bundle of frames. */
export const parcelSchema = z.discriminatedUnion('type', [...frameSchema.options, bundleSchema]);

/** Bytes that an envelope or frame adds to its body at most, together with the bundle that a frame may leave in. */
const HEADER_BYTES = 2_048;
/** Of these, bytes that are kept free for the bundle: its type, its sender and its mark. */
const BUNDLE_BYTES = 256;
/** Bytes of the largest message that a transport must carry. */
export const MOST_MESSAGE_BYTES = MOST_BYTES + HEADER_BYTES;

/** The bytes of a message. @throws {BusError} `messageTooLarge` */
export function encode(message: unknown, name: string, mostBytes: number): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(message));
  const most = mostBytes + HEADER_BYTES - BUNDLE_BYTES;
  if (bytes.length > most)
    throw new BusError('messageTooLarge', `a message of ${name} holds ${bytes.length} bytes, more than ${most}`, {
      ...{ name, bytes: bytes.length, most },
    });
  return bytes;
}

/** What `bytes` say; `undefined` when they are too many, no JSON, or not what `schema` describes. */
export function decode<T>(bytes: Uint8Array, schema: z.ZodType<T>, mostBytes: number): T | undefined {
  if (bytes.length > mostBytes + HEADER_BYTES) return undefined;
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  } catch {
    return undefined;
  }
}
