import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasSets, areLinkMates, PrefixOrigins, readRecordRoute } from '../src/index.ts';

const ip = (last: number, third = 0): Ipv4Address => parseIpv4(`5.0.${third}.${last}`);
const TARGET = ip(1, 9);
const aliases = new AliasSets([
  [ip(10), ip(11)],
  [TARGET, ip(2, 8)],
]);
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.9.0/24'), asn: 9 }]);
const read = (stamps: Ipv4Address[], useHeuristics = true) => {
  const { hops, turn, turnSlot, isWhole } = readRecordRoute(TARGET, stamps, { aliases, ipToAs, useHeuristics });
  return { hops: hops.map(({ address }) => address), slots: hops.map(({ slot }) => slot), turn, turnSlot, isWhole };
};

describe('reading a Record Route answer', () => {
  it('takes the stamps after the stamp of the target', () => {
    expect(read([ip(50), ip(51), TARGET, ip(60), ip(61)])).toMatchObject({
      hops: [ip(60), ip(61)],
      slots: [3, 4],
      turn: 'stamp',
      turnSlot: 3,
      isWhole: true,
    });
  });

  it('takes the last stamp of a target that stamps twice', () => {
    expect(read([ip(50), TARGET, TARGET, ip(60)])).toMatchObject({ hops: [ip(60)], slots: [3], turn: 'stamp' });
  });

  it('finds nothing when the target filled the last slot, and says that slots ran out', () => {
    const full = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => ip(i + 50));
    expect(read([...full, TARGET])).toMatchObject({ hops: [], turn: 'stamp', turnSlot: 9, isWhole: false });
  });

  it('finds nothing when the slots ran out before the target', () => {
    const full = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => ip(i + 50));
    const reading = read(full);
    expect(reading).toMatchObject({ hops: [], isWhole: false });
    expect(reading.turn).toBeUndefined();
  });

  it('recognises the target by an alias', () => {
    expect(read([ip(50), ip(2, 8), ip(60)])).toMatchObject({ hops: [ip(60)], turn: 'alias' });
  });

  it('turns at a router that stamped on both sides of a silent target', () => {
    expect(read([ip(50), ip(10), ip(11), ip(60)])).toMatchObject({ hops: [ip(11), ip(60)], turn: 'doubleStamp' });
    expect(read([ip(50), ip(20), ip(20), ip(60)])).toMatchObject({ hops: [ip(20), ip(60)], turn: 'doubleStamp' });
  });

  it('turns where a router appears again', () => {
    expect(read([ip(50), ip(51), ip(52), ip(50), ip(60)])).toMatchObject({ hops: [ip(50), ip(60)], turn: 'loop' });
  });

  it("turns behind the last stamp inside the target's prefix", () => {
    expect(read([ip(50), ip(254, 9), ip(60)])).toMatchObject({ hops: [ip(60)], turn: 'prefix' });
  });

  it('infers nothing when heuristics are off', () => {
    expect(read([ip(50), ip(254, 9), ip(60)], false).turn).toBeUndefined();
    expect(read([ip(50), ip(20), ip(20), ip(60)], false).hops).toEqual([]);
  });

  it('leaves out zero slots, keeps private ones, and cuts loops of the reverse path', () => {
    const reading = read([TARGET, 0, parseIpv4('10.0.0.1'), ip(60), ip(61), ip(60), ip(62)]);
    expect(reading.hops).toEqual([parseIpv4('10.0.0.1'), ip(60), ip(62)]);
  });

  it('never shows a router twice, nor more addresses than stamps, for any stamps', () => {
    const stamp = fc.oneof(
      fc.constantFrom(0, TARGET, ip(2, 8), ip(10), ip(11), ip(254, 9)),
      fc.integer({ min: 0, max: 6 }).map((i) => ip(60 + i)),
    );
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 9 }), fc.boolean(), (stamps, useHeuristics) => {
        const { hops } = read(stamps, useHeuristics);
        const keys = hops.map((hop) => aliases.routerKey(hop));
        expect(new Set(keys).size).toBe(keys.length);
        expect(hops.every((hop) => stamps.includes(hop) && hop !== 0)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('aliases', () => {
  it('join sets that share an address', () => {
    const joined = new AliasSets([
      [ip(1), ip(2)],
      [ip(3), ip(4)],
      [ip(2), ip(3)],
    ]);
    expect(joined.sameRouter(ip(1), ip(4))).toBe(true);
    expect(joined.sameRouter(ip(1), ip(5))).toBe(false);
    expect(joined.sameRouter(ip(5), ip(5))).toBe(true);
  });

  it('recognise the two ends of a /31 and of a /30', () => {
    expect(areLinkMates(ip(4), ip(5))).toBe(true);
    expect(areLinkMates(ip(5), ip(6))).toBe(true);
    expect(areLinkMates(ip(4), ip(6))).toBe(false);
    expect(areLinkMates(ip(5), ip(5))).toBe(false);
    expect(areLinkMates(ip(7), ip(8))).toBe(false);
  });
});
