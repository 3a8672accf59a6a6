import { buildEchoRequest, ICMP, internetChecksum, writeWord } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSpoofMark, readSpoofedReply } from '../src/index.ts';

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

/** The echo reply of `target` to a probe with the mark. */
function replyTo(target: number, mark: ReturnType<typeof createSpoofMark>): Uint8Array {
  const { identifier, sequence } = mark;
  const payload = Buffer.from(mark.token, 'hex');
  const packet = buildEchoRequest({ source: target, destination: 1, ttl: 64, identifier, sequence, payload });
  packet[20] = ICMP.echoReply;
  writeWord(packet, 22, 0);
  writeWord(packet, 22, internetChecksum(packet, 20, packet.length));
  return packet;
}

describe('spoof marks', () => {
  it('avoid the identifiers of scamper and use all of the 16-bit fields', () => {
    fc.assert(
      fc.property(bytes, (random) => {
        const { identifier, sequence, token } = createSpoofMark(() => random);
        expect(identifier >= 1 && identifier < 0x8000).toBe(true);
        expect(sequence >= 0 && sequence <= 0xffff).toBe(true);
        expect(token).toMatch(/^[0-9a-f]{24}$/);
      }),
    );
  });

  it('recognize the reply of the target, and no packet that was cut or changed', () => {
    fc.assert(
      fc.property(bytes, fc.nat(1_000), fc.integer({ min: 1, max: 255 }), (random, place, change) => {
        const mark = createSpoofMark(() => random);
        const reply = replyTo(7, mark);
        expect(readSpoofedReply(reply, { target: 7, mark })).toMatchObject({ source: 7 });
        expect(readSpoofedReply(reply, { target: 8, mark })).toBeUndefined();
        for (let length = 0; length < reply.length; length++)
          expect(readSpoofedReply(reply.slice(0, length), { target: 7, mark })).toBeUndefined();
        reply[place % reply.length] ^= change;
        expect(readSpoofedReply(reply, { target: 7, mark })).toBeUndefined();
      }),
    );
  });
});
