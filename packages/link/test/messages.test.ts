import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkError, readToAgent, readToController } from '../src/index.ts';

const HELLO = {
  type: 'hello',
  protocol: 1,
  software: 'test',
  known: [],
  window: 10,
  senderOnly: false,
  selfTests: [],
} as const;

describe('messages', () => {
  it('are read back', () => {
    expect(readToController(JSON.stringify(HELLO))).toEqual(HELLO);
    const work = {
      type: 'work',
      id: 3,
      work: { kind: 'catch', target: 1, mark: { identifier: 1, sequence: 2, token: '00ff00ff' }, timeoutMs: 5 },
    };
    expect(readToAgent(JSON.stringify(work))).toEqual(work);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['no object', '7'],
    ['an unknown type', '{"type":"reboot"}'],
    ['an unknown field', JSON.stringify({ ...HELLO, root: true })],
    [
      'more identifiers than a session can have',
      JSON.stringify({ ...HELLO, known: Array.from({ length: 15_001 }, (_, i) => i) }),
    ],
    [
      'a text that is longer than its type allows',
      JSON.stringify({ type: 'applied', topic: 'sources', version: 1 }).padEnd(9_000),
    ],
    ['a window of none', JSON.stringify({ ...HELLO, window: 0 })],
    [
      'an address of 33 bits',
      '{"type":"work","id":1,"work":{"kind":"catch","target":4294967296,"mark":{"identifier":1,"sequence":1,"token":"00ff00ff"},"timeoutMs":1}}',
    ],
  ])('with %s are an error that says so', (_, text) => {
    for (const read of [readToAgent, readToController]) expect(() => read(text)).toThrow(LinkError);
  });

  it('of any bytes are an error, never a crash', () => {
    const attempt = (text: string): void => {
      for (const read of [readToAgent, readToController]) {
        try {
          read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => attempt(Buffer.from(bytes).toString('latin1'))),
    );
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), attempt));
    const kinds = fc.constantFrom(
      'hello',
      'done',
      'work',
      'cancel',
      'received',
      'welcome',
      'optOut',
      'optOutChunk',
      'renew',
    );
    fc.assert(fc.property(kinds, fc.object(), (type, rest) => attempt(JSON.stringify({ ...rest, type }))));
  });
});
