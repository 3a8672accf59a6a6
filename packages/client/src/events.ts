import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { chunksOf } from './chunks.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { SilenceLimit } from './silence-limit.ts';

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), total: z.int(), done: z.int() }),
  z.object({
    type: z.literal('path'),
    measurement: z.int(),
    hops: z.array(
      z.object({
        address: z.string(),
        technique: z.string(),
        trust: z.enum(['measured', 'inferred', 'assumed']),
        confidence: z.number(),
        asn: z.int().optional(),
        hiddenNetwork: z.object({ asn: z.int(), confidence: z.number() }).optional(),
        rttMs: z.number().optional(),
        reusedAgeMs: z.number().optional(),
      }),
    ),
  }),
  z.object({
    type: z.literal('trying'),
    measurement: z.int(),
    technique: z.string(),
    hop: z.string(),
    vantagePoints: z.int().optional(),
  }),
  z.object({ type: z.literal('rtt'), measurement: z.int(), hop: z.string(), rttMs: z.number() }),
  z.object({ type: z.literal('ended'), measurement: z.int(), stopReason: z.string() }),
  z.object({ type: z.literal('complete'), total: z.int() }),
]);
const EVENT_TYPES: ReadonlySet<string> = new Set(eventSchema.options.map(({ shape }) => shape.type.value));

/**
 * An event of a running batch: `progress` counts finished measurements, `path` carries the current hops of a measurement, `trying` says which
 * technique looks for the next hop, `rtt` carries the round-trip time of a hop, `ended` reports the end of a measurement, and `complete` the
 * end of the batch.
 */
export type BatchEvent = z.infer<typeof eventSchema>;

/** Largest event, in characters. A path of 100 hops has about 10,000. */
const MAX_EVENT_LENGTH = 2 ** 20;

/**
 * The events of the stream at a path until it ends. Leaving the loop closes the stream. A stream that goes silent is `unreachable`.
 * @throws {ClientError} `badAnswer` as {@link readEvents}; what {@link Connection.open} and {@link Connection.guard} throw
 */
export async function* eventsAt(
  path: string,
  connection: Connection,
  signal?: AbortSignal,
): AsyncGenerator<BatchEvent> {
  const silence = new SilenceLimit(connection.silenceMs);
  const body = await connection.open(path, signal, silence);
  const events = readEvents(silence.between(chunksOf(body)));
  try {
    for (;;) {
      const next = await connection.guard(() => events.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await events.return(undefined);
  }
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) from a body until it ends. Events of unknown type are skipped: a newer
 * server may send some.
 * @throws {ClientError} `badAnswer` when an event cannot be read or exceeds 1 MiB. Errors of the body pass through.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<BatchEvent> {
  const decoder = new TextDecoder();
  const ready: BatchEvent[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ event = '', data }) => {
      const parsed = parseEvent(event, data);
      if (parsed !== undefined) ready.push(parsed);
    },
    onError: ({ type }) => {
      isTooLong ||= type === 'max-buffer-size-exceeded';
    },
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
    if (isTooLong) throw badEvent('the server sent an event of more than 1 MiB');
  }
}

function parseEvent(type: string, data: string): BatchEvent | undefined {
  if (!EVENT_TYPES.has(type)) return undefined;
  try {
    return eventSchema.parse({ ...Object(JSON.parse(data)), type });
  } catch {
    throw badEvent(`the server sent an unreadable event of type '${type}'`);
  }
}

const badEvent = (reason: string): ClientError => new ClientError('badAnswer', reason, { reason });
