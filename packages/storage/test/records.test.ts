import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, StorageError } from '../src/index.ts';

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');
const isDamaged = (bytes: Uint8Array): boolean => {
  try {
    decodeRecord(bytes);
    return false;
  } catch (error) {
    if (error instanceof StorageError && error.is('badRecord')) return true;
    throw error;
  }
};

/** A result as the controller stores it. */
const RESULT = {
  plan: 'default',
  stopReason: 'reaches',
  startedAt: 1_767_225_853_793,
  endedAt: 1_767_225_855_518.75,
  hops: [
    {
      ...{ address: '1.28.171.3', technique: 'destination', type: 1, trust: 'measured', confidence: 1, asn: 30_019 },
      evidence: { type: 'destination' },
    },
    {
      ...{ address: '1.28.160.32', technique: 'spoofedRecordRoute', type: 6, trust: 'inferred', confidence: 0.995 },
      asn: 4_200_000_000,
      evidence: {
        type: 'recordRoute',
        slot: 8,
        turn: 'prefix',
        target: '1.28.171.3',
        sender: '1.0.60.250',
        at: 1.5e12,
      },
    },
    {
      address: '1.28.160.33',
      technique: 'spoofedRecordRoute',
      type: 6,
      trust: 'inferred',
      confidence: 0.995,
      rttMs: 0.1,
    },
  ],
  attempts: [
    {
      technique: 'atlas',
      detail: 'no path of the atlas passes the last hops',
      ms: 0,
      outcome: 'nothingFound',
      hop: '1.28.171.3',
    },
    { technique: 'recordRoute', detail: '1 hops from 1.0.60.250', ms: 336.815, outcome: 'extended', hop: '1.28.171.3' },
    { technique: 'new', detail: 'a text with 007 and 1.2.3.4.5', ms: -1, outcome: 'extended', hop: '1.28.171.3' },
  ],
};

/** The bytes that version 1 of the form gives to {@link RESULT}: they must be readable for ever. */
const VERSION_1 = [
  'Ad4G2QRwbGFu2QpzdG9wUmVhc29u2QlzdGFydGVkQXTZB2VuZGVkQXTZBGhvcHPZCGF0dGVtcHRzVVHT4Y76trcz10J5t23o4ewA',
  'w4HYARyrA1MBRgHTw+oBhVOB2AEcoCBEBkPV4wfTgNTb0g+DRQhnqNgBADz604Cw3vfTK94G2QdhZGRyZXNz2Ql0ZWNobmlxdWXZ',
  'BHR5cGXZBXRydXN02Qpjb25maWRlbmNl2QVydHRNc9gBHKAhRAZD1eMH1WTDgEJIAECogEXfdgGr1a/HFEGogNkDbmV32R1hIHRl',
  'eHQgd2l0aCAwMDcgYW5kIDEuMi4zLjQuNdQBQag=',
].join('');

describe('records', () => {
  it('return any JSON value as it was, also with values that repeat and names that JavaScript reserves', () => {
    const address = fc.ipV4();
    const leaf = fc.oneof(
      ...[fc.string({ unit: 'grapheme' }), fc.double(), fc.integer(), fc.maxSafeInteger(), fc.boolean(), address],
      ...[
        fc.constant(null),
        fc.constant(undefined),
        fc.constantFrom(0.001, 1.005, 2 ** 28, -(2 ** 40), 'atlas', '\ufeff', '\ufeffx'),
      ],
      fc.tuple(fc.nat(), address).map(([count, from]) => `${count} hops from ${from}`),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value')),
        fc.dictionary(
          fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'hops', 'address')),
          tie('value'),
        ),
      ),
    }));
    fc.assert(
      fc.property(value, (json) => {
        expect(decodeRecord(encodeRecord(json))).toEqual(throughJson(json));
      }),
      { numRuns: 500 },
    );
  });

  it('are an eighth as long as their JSON text', () => {
    const hops = Array.from({ length: 10 }, (_, i) => ({ ...RESULT.hops[1], address: `1.28.160.${i}` }));
    const attempts = Array.from({ length: 10 }, (_, i) => ({ ...RESULT.attempts[0], hop: `1.28.160.${i}` }));
    const result = { ...RESULT, hops, attempts };
    expect(encodeRecord(result).length).toBeLessThan(JSON.stringify(result).length / 8);
  });

  it('of version 1 stay readable', () => {
    expect(Buffer.from(encodeRecord(RESULT)).toString('base64')).toBe(VERSION_1);
    expect(decodeRecord(Buffer.from(VERSION_1, 'base64'))).toEqual(RESULT);
  });

  it('that are damaged or of another version are refused, and never cost more than their length allows', () => {
    const bytes = encodeRecord(RESULT);
    for (let length = 0; length < bytes.length; length++) expect(isDamaged(bytes.subarray(0, length))).toBe(true);
    expect(isDamaged(Uint8Array.of(2, ...bytes.subarray(1)))).toBe(true);
    expect(isDamaged(Uint8Array.of(...bytes, 0))).toBe(true);
    // A list of 2^49 entries, lists in lists, and a text whose length is not there.
    for (const hostile of [
      [1, 0xdd, ...Array<number>(7).fill(0xff), 0],
      [1, ...Array<number>(1_000).fill(0xc1), 0],
      [1, 0xd9, 0xff, 0x7f],
      [1, 0xdf, 0xd9, 4, 0, 0, 0, 0],
    ])
      expect(isDamaged(Uint8Array.from(hostile))).toBe(true);
    let nested: unknown = 1;
    for (let depth = 0; depth < 40; depth++) nested = [nested];
    expect(() => encodeRecord(nested)).toThrow(StorageError);
  });
});
