import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlDecoder, type ControlMessage, ScamperError, uudecode, WartsDecoder } from '../src/index.ts';
import { fixture } from './fixtures.ts';

/** Encodes as POSIX `uuencode` does, with the grave accent for zero. */
function uuencode(bytes: Uint8Array): string {
  const character = (sextet: number): string => (sextet === 0 ? '`' : String.fromCharCode(sextet + 32));
  let text = '';
  for (let line = 0; line < bytes.length; line += 45) {
    const part = bytes.subarray(line, line + 45);
    text += character(part.length);
    for (let i = 0; i < part.length; i += 3) {
      const group = (part[i] << 16) | ((part[i + 1] ?? 0) << 8) | (part[i + 2] ?? 0);
      text += [18, 12, 6, 0].map((shift) => character((group >>> shift) & 63)).join('');
    }
    text += '\n';
  }
  return `${text}\`\n`;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('uuencoded data', () => {
  it('decodes to the bytes that were encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([...uudecode(bytesOf(uuencode(bytes)))]).toEqual([...bytes]);
      }),
    );
  });

  it('never decodes to more bytes than it has characters, and never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => uudecode(bytes).length <= bytes.length));
  });
});

describe('control messages', () => {
  const text = uuencode(Uint8Array.from([1, 2, 3]));
  const stream = bytesOf(`OK\nOK id-7\nMORE\nERR command not accepted\nDATA ${text.length}\n${text}OK id-8\n`);
  const expected: ControlMessage[] = [
    { type: 'ok' },
    { type: 'ok', id: 7 },
    { type: 'more' },
    { type: 'error', text: 'command not accepted' },
    { type: 'data', warts: Uint8Array.from([1, 2, 3]) },
    { type: 'ok', id: 8 },
  ];

  it('are the same for chunks of every size', () => {
    for (let size = 1; size <= stream.length; size++) {
      const decoder = new ControlDecoder();
      const messages: ControlMessage[] = [];
      for (let at = 0; at < stream.length; at += size) messages.push(...decoder.push(stream.subarray(at, at + size)));
      expect(messages).toEqual(expected);
    }
  });

  it('of a session with the real scamper are the same for chunks of every size', () => {
    const session = fixture('control-session.txt');
    const whole = new ControlDecoder().push(session);
    expect(whole.filter(({ type }) => type === 'ok' || type === 'error')).toEqual([
      { type: 'ok' },
      { type: 'ok', id: 1 },
      { type: 'error', text: 'command not accepted' },
      { type: 'ok', id: 2 },
      { type: 'ok', id: 3 },
      { type: 'ok' },
      { type: 'error', text: 'no task id-99' },
      { type: 'error', text: 'command not accepted' },
      { type: 'ok' },
    ]);
    for (let size = 1; size <= session.length; size++) {
      const decoder = new ControlDecoder();
      const messages: ControlMessage[] = [];
      for (let at = 0; at < session.length; at += size) messages.push(...decoder.push(session.subarray(at, at + size)));
      expect(messages).toEqual(whole);
    }
    const records = whole.flatMap((message) => (message.type === 'data' ? new WartsDecoder().push(message.warts) : []));
    expect(records.map(({ type }) => type)).toEqual(['list', 'cycleStart', 'ping', 'trace', 'ping', 'cycleStop']);
  });

  it('are bounded: neither a line nor data may be endless', () => {
    const refuses = (text: string): void => {
      expect(() => new ControlDecoder().push(bytesOf(text))).toThrow(expect.objectContaining({ code: 'badProtocol' }));
    };
    refuses('x'.repeat(5_000));
    refuses('DATA 99999999\n');
    refuses('DATA 9999999999\n');
    refuses('DATA -1\n');
    refuses('OKAY\n');
  });

  it('of random bytes are messages or a ScamperError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new ControlDecoder().push(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ScamperError);
        }
      }),
    );
  });
});
