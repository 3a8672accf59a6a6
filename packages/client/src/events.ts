import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { ClientError } from './errors.ts';

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), total: z.int(), done: z.int() }),
  z.object({
    type: z.literal('path'),
    measurement: z.int(),
    hops: z.array(z.object({ address: z.string(), technique: z.string(), trust: z.string() })),
  }),
  z.object({ type: z.literal('ended'), measurement: z.int(), stopReason: z.string() }),
  z.object({ type: z.literal('complete'), total: z.int() }),
]);

/** What happens to a batch while it is measured. */
export type BatchEvent = z.infer<typeof eventSchema>;

/** Reads server-sent events from a body, to its end. @throws {ClientError} `badAnswer` */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<BatchEvent> {
  const decoder = new TextDecoder();
  let ready: BatchEvent[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => ready.push(parseEvent(event ?? '', data)) });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready;
    ready = [];
  }
}

function parseEvent(type: string, data: string): BatchEvent {
  try {
    return eventSchema.parse({ ...Object(JSON.parse(data)), type });
  } catch {
    throw new ClientError('badAnswer', `the server sent an event that cannot be read: ${type}`);
  }
}
