import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildEchoRequest,
  buildIcmpError,
  checkIcmpPacket,
  checkIpv4Header,
  checkOptions,
  decrementTtl,
  type EchoOption,
  findOption,
  hasValidHeaderChecksum,
  ICMP,
  icmpChecksumOf,
  internetChecksum,
  NetError,
  OPTION_RECORD_ROUTE,
  OPTION_TIMESTAMP,
  parseIcmpPacket,
  readTimestamps,
  refreshHeaderChecksum,
  stampRecordRoute,
  stampTimestamp,
  timestampOverflow,
} from '../src/index.ts';

const address = fc.integer({ min: 0, max: 0xffffffff });
const word = fc.nat(0xffff);
const option: fc.Arbitrary<EchoOption | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 1, max: 9 }).map((slots) => ({ type: 'recordRoute', slots }) as const),
  fc.integer({ min: 1, max: 9 }).map((slots) => ({ type: 'timestamp', form: 'timestampOnly', slots }) as const),
  fc.integer({ min: 1, max: 4 }).map((slots) => ({ type: 'timestamp', form: 'withAddress', slots }) as const),
  fc
    .array(address, { minLength: 1, maxLength: 4 })
    .map((slots) => ({ type: 'timestamp', form: 'prespecified', slots }) as const),
);
const echo = fc
  .record({
    source: address,
    destination: address,
    ttl: fc.integer({ min: 1, max: 255 }),
    identifier: word,
    sequence: word,
    payload: fc.uint8Array({ maxLength: 200 }),
    option,
  })
  .map(({ option: chosen, ...rest }) => ({ ...rest, ...(chosen && { option: chosen }) }));

describe('echo requests', () => {
  it('round-trip, stamps included', () => {
    fc.assert(
      fc.property(echo, fc.array(address, { maxLength: 12 }), (fields, stamps) => {
        const packet = buildEchoRequest(fields);
        const recordRoute = findOption(packet, 0, OPTION_RECORD_ROUTE);
        const slots = fields.option?.type === 'recordRoute' ? fields.option.slots : 0;
        if (recordRoute >= 0) for (const stamp of stamps) stampRecordRoute(packet, recordRoute, stamp);
        refreshHeaderChecksum(packet, 0);
        const read = parseIcmpPacket(packet);
        const { source, destination, ttl, identifier, sequence } = fields;
        expect(read).toMatchObject({ type: ICMP.echoRequest, code: 0, source, destination, ttl, identifier, sequence });
        expect([...read.payload]).toEqual([...fields.payload]);
        expect(read.recordRoute).toEqual(recordRoute >= 0 ? stamps.slice(0, slots) : undefined);
      }),
    );
  });

  it('have the requested ICMP checksum', () => {
    fc.assert(
      fc.property(echo, fc.integer({ min: 1, max: 0xfffe }), (fields, checksum) => {
        const payload = new Uint8Array(2 * Math.ceil(fields.payload.length / 2) + 2);
        payload.set(fields.payload);
        const packet = buildEchoRequest({ ...fields, payload, checksum });
        expect(checkIcmpPacket(packet, 0, packet.length)).toBeUndefined();
        expect(icmpChecksumOf(packet, (packet[0] & 15) * 4)).toBe(checksum);
      }),
    );
  });

  it('keep a valid checksum while the TTL is decremented', () => {
    fc.assert(
      fc.property(echo, (fields) => {
        const packet = buildEchoRequest(fields);
        for (let ttl = fields.ttl - 1; ttl >= 0; ttl--) {
          expect(decrementTtl(packet, 0)).toBe(ttl);
          if (!hasValidHeaderChecksum(packet, 0)) throw new Error('checksum broken');
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuse options that do not fit', () => {
    const base = { source: 1, destination: 2, ttl: 64, identifier: 0, sequence: 0, payload: new Uint8Array() };
    expect(() => buildEchoRequest({ ...base, option: { type: 'recordRoute', slots: 10 } })).toThrow(NetError);
    expect(() =>
      buildEchoRequest({ ...base, option: { type: 'timestamp', form: 'prespecified', slots: [1, 2, 3, 4, 5] } }),
    ).toThrow(NetError);
    expect(() => buildEchoRequest({ ...base, option: { type: 'timestamp', form: 'prespecified', slots: 2 } })).toThrow(
      NetError,
    );
  });
});

describe('timestamp option', () => {
  const base = { source: 1, destination: 2, ttl: 64, identifier: 0, sequence: 0, payload: new Uint8Array() };

  it('stamps a prespecified address only at its owner and in order', () => {
    const packet = buildEchoRequest({ ...base, option: { type: 'timestamp', form: 'prespecified', slots: [10, 20] } });
    const at = findOption(packet, 0, OPTION_TIMESTAMP);
    expect(stampTimestamp(packet, at, 20, (asked) => asked === 20, 1)).toBe(false);
    expect(stampTimestamp(packet, at, 10, (asked) => asked === 10, 7)).toBe(true);
    expect(readTimestamps(packet, at)).toEqual([{ address: 10, milliseconds: 7 }, { address: 20 }]);
  });

  it('counts the overflow up to 15', () => {
    const packet = buildEchoRequest({ ...base, option: { type: 'timestamp', form: 'withAddress', slots: 1 } });
    const at = findOption(packet, 0, OPTION_TIMESTAMP);
    for (let i = 0; i < 20; i++) stampTimestamp(packet, at, 5, () => true, i);
    expect(readTimestamps(packet, at)).toEqual([{ address: 5, milliseconds: 0 }]);
    expect(timestampOverflow(packet, at)).toBe(15);
  });
});

describe('ICMP errors', () => {
  const label = fc.record({
    label: fc.nat(0xfffff),
    trafficClass: fc.nat(7),
    bottomOfStack: fc.boolean(),
    ttl: fc.nat(255),
  });

  it('quote the packet they are about, with its options and MPLS labels', () => {
    fc.assert(
      fc.property(echo, fc.array(label, { maxLength: 4 }), address, (fields, labels, router) => {
        const offending = buildEchoRequest(fields);
        const read = parseIcmpPacket(
          buildIcmpError(offending, 0, {
            type: ICMP.timeExceeded,
            code: 0,
            source: router,
            destination: fields.source,
            ttl: 255,
            labels,
          }),
        );
        const { source, destination, ttl, identifier, sequence } = fields;
        expect(read).toMatchObject({ type: ICMP.timeExceeded, source: router, destination: source });
        expect(read.quoted).toMatchObject({ source, destination, ttl, identifier, sequence });
        expect(read.labels ?? []).toEqual(labels);
      }),
    );
  });
});

describe('arbitrary bytes', () => {
  it('give a packet or a NetError, never another exception', () => {
    const headerLike = fc
      .tuple(fc.integer({ min: 0x40, max: 0x4f }), fc.uint8Array({ minLength: 19, maxLength: 160 }))
      .map(([first, rest]) => Uint8Array.from([first, ...rest]));
    const damaged = fc
      .tuple(echo, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.boolean())
      .map(([fields, edits, mend]) => {
        const packet = buildEchoRequest(fields);
        for (const [at, value] of edits) if (at < packet.length) packet[at] = value;
        if (mend && checkIpv4Header(packet, 0, packet.length) === undefined) refreshHeaderChecksum(packet, 0);
        return packet;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), headerLike, damaged), (bytes) => {
        const fault = checkIcmpPacket(bytes, 0, bytes.length);
        try {
          parseIcmpPacket(bytes);
          expect(fault).toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(NetError);
          expect((error as NetError).code).toBe(fault);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a short header', [0x45, 0, 0, 20], 'headerTruncated'],
    ['another version', [0x65, 0, 0, 20, ...Array(16).fill(0)], 'notVersion4'],
    ['a header length under five words', [0x44, 0, 0, 20, ...Array(16).fill(0)], 'headerLengthTooSmall'],
    ['a total length under 20', [0x45, 0, 0, 19, ...Array(16).fill(0)], 'totalLengthTooSmall'],
    ['a header longer than the packet', [0x46, 0, 0, 20, ...Array(20).fill(0)], 'headerLengthBeyondTotal'],
    ['a packet longer than the data', [0x45, 0, 0, 21, ...Array(16).fill(0)], 'totalLengthBeyondData'],
  ])('name %s', (_, bytes, code) => {
    expect(checkIpv4Header(Uint8Array.from(bytes), 0, bytes.length)).toBe(code);
  });

  it.each([
    ['a missing length byte', [1, 1, 1, 7], 'optionTruncated'],
    ['a length of two', [7, 2, 0, 0], 'optionLengthTooSmall'],
    ['a length of zero', [7, 0, 0, 0], 'optionLengthTooSmall'],
    ['a length beyond the header', [7, 5, 0, 0], 'optionBeyondHeader'],
  ])('name %s in the options', (_, options, code) => {
    expect(checkOptions(Uint8Array.from([0x46, 0, 0, 24, ...Array(16).fill(0), ...options]), 0)).toBe(code);
  });

  it('sum as RFC 1071 section 3 shows', () => {
    const example = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    expect(internetChecksum(example, 0, 8)).toBe(~0xddf2 & 0xffff);
  });
});
