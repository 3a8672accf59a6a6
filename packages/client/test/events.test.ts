import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../src/errors.ts';
import { type BatchEvent, readEvents } from '../src/events.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* chunksOf(bytes: Uint8Array, ...cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    yield bytes.subarray(at, cut);
    at = cut;
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<BatchEvent[]> {
  const events: BatchEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

/** With every line ending of the specification, a byte order mark, a comment, an id, data in two lines, and text of several bytes. */
const STREAM = bytesOf(
  [
    '\ufeff: comment\n\n',
    'event: progress\nid: 1\ndata: {"total":2,"done":0}\n\n',
    'event:path\r\ndata: {"measurement":7,\r\ndata: "hops":[{"address":"192.0.2.1","technique":"äöü 🜁","trust":"measured","confidence":0.9}]}\r\n\r\n',
    'event: ended\rdata: {"measurement":7,"stopReason":"reaches"}\r\r',
    'event: future\ndata: not even JSON\n\n',
    'event: complete\ndata: {"total":2,"unknown":true}\n\n',
  ].join(''),
);
const EVENTS: readonly BatchEvent[] = [
  { type: 'progress', total: 2, done: 0 },
  {
    type: 'path',
    measurement: 7,
    hops: [{ address: '192.0.2.1', technique: 'äöü 🜁', trust: 'measured', confidence: 0.9 }],
  },
  { type: 'ended', measurement: 7, stopReason: 'reaches' },
  { type: 'complete', total: 2 },
];

describe('readEvents', () => {
  it('reads the same events when the stream is cut in two at any position', async () => {
    for (let cut = 0; cut <= STREAM.length; cut++) expect(await collect(chunksOf(STREAM, cut))).toEqual(EVENTS);
  });

  it('reads the same events from single bytes', async () => {
    const everywhere = Array.from({ length: STREAM.length }, (_, i) => i);
    expect(await collect(chunksOf(STREAM, ...everywhere))).toEqual(EVENTS);
  });

  it('reads the complete events when the stream ends at any position', async () => {
    for (let length = 0; length < STREAM.length; length++) {
      const events = await collect(chunksOf(STREAM.subarray(0, length)));
      expect(events).toEqual(EVENTS.slice(0, events.length));
    }
  });

  it('yields an event before the stream ends', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytesOf('event: complete\ndata: {"total":1}\n\n');
      await new Promise(() => undefined);
    }
    const events = readEvents(endless());
    expect(await events.next()).toEqual({ done: false, value: { type: 'complete', total: 1 } });
  });

  it.each([
    ['data that is not JSON', 'event: progress\ndata: {"total":\n\n'],
    ['data of another shape', 'event: progress\ndata: {"total":"2","done":0}\n\n'],
    ['data that is null', 'event: ended\ndata: null\n\n'],
    ['no data', 'event: path\ndata:\n\n'],
    ['a type in the data that contradicts the event', 'event: complete\ndata: {"type":"progress","done":1}\n\n'],
  ])('reports badAnswer for %s', async (_, text) => {
    await expect(collect(chunksOf(bytesOf(text)))).rejects.toMatchObject({ name: 'ClientError', code: 'badAnswer' });
  });

  it.each([
    ['a line', 'data: '],
    ['an event of many lines', 'data: x\n'],
  ])('stops at %s without end before it holds more than a few megabytes', async (_, text) => {
    const chunk = bytesOf(text === 'data: ' ? 'x'.repeat(65_536) : text.repeat(8_000));
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytesOf(text);
      for (;;) {
        sent += chunk.length;
        yield chunk;
      }
    }
    await expect(collect(endless())).rejects.toMatchObject({ code: 'badAnswer' });
    expect(sent).toBeLessThan(16 * 2 ** 20);
  });

  it('fails with a ClientError alone for random streams', async () => {
    const line = fc.oneof(
      fc.constantFrom('event: progress', 'event: path', 'data: {"total":1,"done":1}', 'data: {', ':', '', '\u0000'),
      fc.string(),
      fc.json().map((json) => `data: ${json}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        await collect(chunksOf(bytesOf(lines.join('\n')))).catch((error: unknown) => {
          expect(error).toBeInstanceOf(ClientError);
        });
      }),
      { numRuns: 1_000 },
    );
  });
});
