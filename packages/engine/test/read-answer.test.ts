import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasSets, areLinkMates, DoubleStampers, PrefixOrigins, readRecordRoute } from '../src/index.ts';

const ip = (last: number, third = 0): Ipv4Address => parseIpv4(`5.0.${third}.${last}`);
const TARGET = ip(1, 9);
const aliases = new AliasSets([
  [ip(10), ip(11)],
  [TARGET, ip(2, 8)],
]);
const ipToAs = new PrefixOrigins([
  { prefix: parsePrefix('5.0.9.0/24'), asn: 9 },
  { prefix: parsePrefix('5.0.0.0/26'), asn: 9 },
  { prefix: parsePrefix('5.0.0.64/26'), asn: 8 },
]);
const SOURCE = ip(200);
const read = (stamps: Ipv4Address[], useHeuristics = true) => {
  const answer = { target: TARGET, receiver: SOURCE, stamps };
  const { hops, turn, turnSlot, isWhole } = readRecordRoute(answer, { aliases, ipToAs, useHeuristics });
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

  it('does not turn at a router that stamps twice in another network, or is known to do so when it forwards', () => {
    expect(read([ip(70), ip(71), ip(71), ip(50), ip(51)]).turn).toBeUndefined();
    const doubleStampers = new DoubleStampers(aliases);
    const answer = { target: TARGET, receiver: SOURCE, stamps: [ip(50), ip(20), ip(20), ip(60)] };
    const turnOf = () => readRecordRoute(answer, { aliases, ipToAs, useHeuristics: true, doubleStampers }).turn;
    // The target's own two stamps, and the router right behind them, prove nothing.
    doubleStampers.learn([ip(50), TARGET, TARGET, ip(60)], { first: 1, last: 2 }, 9);
    doubleStampers.learn([ip(50), ip(20), ip(20), ip(60)], undefined, 9);
    expect(turnOf()).toBe('doubleStamp');
    doubleStampers.learn([ip(50), ip(20), ip(20), ip(60)], undefined, 7);
    expect(turnOf()).toBeUndefined();
    const proved = new DoubleStampers(aliases);
    expect(proved.has(ip(20))).toBe(false);
    proved.learn([ip(20), ip(20), TARGET, ip(60)], { first: 2, last: 2 }, 9);
    expect(proved.has(ip(20))).toBe(true);
  });

  it('does not turn at a router that stamps twice when the slots ran out: the target may be behind it', () => {
    const twice = [ip(50), ip(51), ip(20), ip(20), ip(52), ip(53), ip(54), ip(55), ip(56)];
    expect(read(twice)).toMatchObject({ hops: [], isWhole: false });
    expect(read(twice).turn).toBeUndefined();
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

  it('ends at the stamp of the receiver, also in the ninth slot', () => {
    const forward = [50, 51, 52, 53].map((i) => ip(i));
    const full = [...forward, TARGET, ip(60), ip(61), ip(62), SOURCE];
    expect(full).toHaveLength(9);
    expect(read(full)).toMatchObject({ hops: [ip(60), ip(61), ip(62)], turn: 'stamp', isWhole: true });
    expect(read([...full.slice(0, 8), ip(63)])).toMatchObject({ isWhole: false });
    // The stamp that the receiver put on its own ping is no loop at a target that does not stamp.
    expect(read([SOURCE, ip(50), ip(51), SOURCE]).turn).toBeUndefined();
  });

  it('finds no turn at addresses that several networks use', () => {
    const shared = parseIpv4('100.64.0.1');
    expect(read([ip(50), 0, ip(51), 0, ip(60)]).turn).toBeUndefined();
    expect(read([ip(50), 0, 0, ip(60)]).turn).toBeUndefined();
    expect(read([ip(50), shared, shared, ip(60)]).turn).toBeUndefined();
    expect(read([ip(50), shared, ip(51), shared, ip(60)]).turn).toBeUndefined();
    expect(read([TARGET, shared, ip(60), shared, ip(61)]).hops).toEqual([shared, ip(60), shared, ip(61)]);
  });

  it('reads shared addresses as it reads private ones that differ', () => {
    const [shared, first] = [parseIpv4('10.0.0.1'), parseIpv4('10.1.0.0')];
    const stamp = fc.oneof(
      fc.constantFrom(0, TARGET, ip(10), ip(11), shared),
      fc.nat(5).map((i) => ip(60 + i)),
    );
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 9 }), (stamps) => {
        const apart = stamps.map((address, i) => (address === shared ? first + i : address));
        const { hops, ...reading } = read(stamps);
        const { hops: others, ...other } = read(apart);
        expect(reading).toEqual(other);
        expect(hops).toEqual(others.map((address) => (address >= first && address < first + 9 ? shared : address)));
      }),
      { numRuns: 2000 },
    );
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

  it('identify no router by an address of the special-purpose registry, unless it is unique in a test network', () => {
    const [home, carrier, tenTen] = ['192.168.1.1', '100.64.0.1', '10.0.0.10'].map(parseIpv4);
    const sets = [
      [ip(1), home, ip(2)],
      [home, carrier],
      [ip(3), tenTen],
    ];
    const open = new AliasSets(sets);
    for (const address of [0, home, carrier, tenTen]) {
      expect(open.routerKey(address)).toBeUndefined();
      expect(open.sameRouter(address, address)).toBe(false);
    }
    expect(open.sameRouter(ip(1), ip(2))).toBe(true);
    const lab = new AliasSets(sets, (address) => address === tenTen || address >>> 24 === 5);
    expect(lab.sameRouter(tenTen, ip(3))).toBe(true);
    expect(lab.sameRouter(home, home)).toBe(false);
  });

  it('recognise the two ends of a /31 and of a /30', () => {
    expect(areLinkMates(ip(4), ip(5))).toBe(true);
    expect(areLinkMates(ip(5), ip(6))).toBe(true);
    expect(areLinkMates(ip(4), ip(6))).toBe(false);
    expect(areLinkMates(ip(5), ip(5))).toBe(false);
    expect(areLinkMates(ip(7), ip(8))).toBe(false);
  });
});
