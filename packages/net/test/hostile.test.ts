import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildEchoRequest,
  buildIcmpError,
  checkIcmpPacket,
  ICMP,
  ICMP_HEADER_LENGTH,
  internetChecksum,
  NetError,
  parseIcmpPacket,
  parseIpv4,
  parsePrefix,
  refreshHeaderChecksum,
  writeWord,
} from '../src/index.ts';

const base = { source: 1, destination: 2, ttl: 64, identifier: 3, sequence: 4, payload: new Uint8Array(16) };
const recordRoute = buildEchoRequest({ ...base, option: { type: 'recordRoute', slots: 9 } });
const timestamp = buildEchoRequest({
  ...base,
  option: { type: 'timestamp', form: 'prespecified', slots: [5, 6, 7, 8] },
});
const label = { label: 99, trafficClass: 0, bottomOfStack: true, ttl: 1 };
const errorAbout = (offending: Uint8Array, labels = [label, label]): Uint8Array =>
  buildIcmpError(offending, 0, { type: ICMP.timeExceeded, code: 0, source: 9, destination: 1, ttl: 255, labels });
const packets = [recordRoute, timestamp, errorAbout(recordRoute), errorAbout(timestamp), errorAbout(timestamp, [])];

/** Recomputes the checksums, because a wrong checksum would hide every other fault. */
function mend(packet: Uint8Array): Uint8Array {
  const icmp = (packet[0] & 15) * 4;
  if (icmp + ICMP_HEADER_LENGTH > packet.length || icmp < 20) return packet;
  refreshHeaderChecksum(packet, 0);
  const end = Math.min((packet[2] << 8) | packet[3], packet.length);
  writeWord(packet, icmp + 2, 0);
  writeWord(packet, icmp + 2, internetChecksum(packet, icmp, Math.max(end, icmp)));
  return packet;
}

/** Shortens a packet and makes its total length agree with the data. */
function cut(packet: Uint8Array, length: number): Uint8Array {
  const shorter = packet.slice(0, length);
  if (length >= 20) writeWord(shorter, 2, length);
  return mend(shorter);
}

const parse = (bytes: Uint8Array): void => {
  const fault = checkIcmpPacket(bytes, 0, bytes.length);
  try {
    parseIcmpPacket(bytes);
    expect(fault).toBeUndefined();
  } catch (error) {
    expect(error).toBeInstanceOf(NetError);
    expect(error).toMatchObject({ code: fault });
  }
};

describe('hostile packets', () => {
  it('are parsed or refused with a NetError when cut at every position', () => {
    for (const packet of packets)
      for (let length = 0; length <= packet.length; length++) {
        parse(packet.slice(0, length));
        parse(cut(packet, length));
      }
  });

  it('are parsed or refused with a NetError after any bytes change', () => {
    const edits = fc.array(fc.tuple(fc.nat(240), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...packets), edits, fc.nat(240), (original, changes, length) => {
        const packet = cut(original, Math.max(28, Math.min(length, original.length)));
        for (const [at, value] of changes) if (at < packet.length) packet[at] = value;
        parse(mend(packet));
      }),
      { numRuns: 10_000 },
    );
  });

  it('are refused when an ICMP error quotes less than a header and eight bytes', () => {
    const whole = errorAbout(recordRoute, []);
    expect(checkIcmpPacket(whole, 0, whole.length)).toBeUndefined();
    for (let length = 28; length < whole.length; length++)
      expect(checkIcmpPacket(cut(whole, length), 0, length)).toMatch(/^(quote|header)/);
  });
});

describe('hostile texts', () => {
  it('are addresses and prefixes or refused with a NetError of bounded size', () => {
    const near = fc.array(fc.constantFrom('1', '0', '255', '.', '/', '32', '33', '-', 'e', '\0', ' '), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          near.map((parts) => parts.join('')),
        ),
        (text) => {
          for (const parseText of [parseIpv4, parsePrefix])
            try {
              parseText(text);
            } catch (error) {
              expect(error).toBeInstanceOf(NetError);
            }
        },
      ),
    );
    for (const parseText of [parseIpv4, parsePrefix])
      try {
        parseText('1'.repeat(1_000_000));
        expect.unreachable();
      } catch (error) {
        expect(error instanceof NetError && error.message.length < 200).toBe(true);
      }
  });
});

describe('echo requests with a chosen checksum', () => {
  it('need a payload of even length, which would otherwise not hold the balancing word', () => {
    for (const length of [0, 1, 3])
      expect(() => buildEchoRequest({ ...base, payload: new Uint8Array(length), checksum: 7 })).toThrow(NetError);
  });
});
