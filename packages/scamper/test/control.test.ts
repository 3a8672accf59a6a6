import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlDecoder, type ControlMessage, ScamperError, uudecode } from '../src/index.ts';

/** uuencodes as POSIX says, with the grave accent for zero. */
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
  it('is read back, whatever it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([...uudecode(bytesOf(uuencode(bytes)))]).toEqual([...bytes]);
      }),
    );
  });

  it('never makes the reader throw', () => {
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

  it('are the same in chunks of any size', () => {
    for (let size = 1; size <= stream.length; size++) {
      const decoder = new ControlDecoder();
      const messages: ControlMessage[] = [];
      for (let at = 0; at < stream.length; at += size) messages.push(...decoder.push(stream.subarray(at, at + size)));
      expect(messages).toEqual(expected);
    }
  });

  it('of any bytes are messages or a ScamperError', () => {
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
