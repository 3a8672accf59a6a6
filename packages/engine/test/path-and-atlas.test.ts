import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasSets, Atlas, type AtlasTraceroute, type Hop, placeStamps, ReversePath } from '../src/index.ts';

const ip = (last: number): Ipv4Address => parseIpv4(`5.0.0.${last}`);
const SOURCE = ip(200);
const none = new AliasSets();

const hop = (address: Ipv4Address, changes: Partial<Hop> = {}): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
  ...changes,
});
const addresses = (path: ReversePath): Ipv4Address[] => path.hops.map(({ address }) => address);

describe('reverse path', () => {
  it('grows at its end and knows when it is complete', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    expect(path.extend(0, [hop(ip(2)), hop(ip(3))])).toBe(2);
    expect(path.isComplete).toBe(false);
    expect(path.lastSegment.map(({ address }) => address)).toEqual([ip(3), ip(2)]);
    expect(path.extend(2, [hop(SOURCE)])).toBe(1);
    expect(path.isComplete).toBe(true);
  });

  it('leaves out what it knows, and replaces what a better answer contradicts', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3))]);
    expect(path.extend(1, [hop(ip(3)), hop(ip(4))])).toBe(1);
    expect(addresses(path)).toEqual([1, 2, 3, 4].map(ip));
    expect(path.extend(1, [hop(ip(7)), hop(ip(8))])).toBe(2);
    expect(addresses(path)).toEqual([1, 2, 7, 8].map(ip));
    expect(path.extend(3, [hop(ip(2)), hop(ip(7))])).toBe(0);
  });

  it('calls nothing measured that rests on an assumption, and lowers its confidence', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2), { trust: 'assumed', confidence: 0.5 })]);
    path.extend(1, [hop(ip(3), { confidence: 1 })]);
    expect(path.last.trust).toBe('inferred');
    expect(path.last.confidence).toBeCloseTo(0.75);
  });

  it('never holds a router twice, whatever it is given', () => {
    const aliases = new AliasSets([
      [ip(1), ip(2)],
      [ip(3), ip(4)],
    ]);
    const extension = fc.tuple(fc.nat(20), fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(extension, { maxLength: 8 }), (extensions) => {
        const path = new ReversePath(SOURCE, hop(ip(50)), aliases);
        for (const [from, hops] of extensions) {
          const unique = hops.filter((h, i) => hops.findIndex((other) => aliases.sameRouter(ip(h), ip(other))) === i);
          path.extend(
            from % path.hops.length,
            unique.map((h) => hop(ip(h))),
          );
          const keys = path.hops.map(({ address }) => aliases.routerKey(address));
          expect(new Set(keys).size).toBe(keys.length);
          expect(path.hops[0].address).toBe(ip(50));
        }
      }),
    );
  });
});

describe('atlas', () => {
  const DAY = 86_400_000;
  const traceroute = (id: number, hops: (number | undefined)[], at = DAY): AtlasTraceroute => ({
    id,
    origin: ip(hops[0] ?? 0),
    source: SOURCE,
    at,
    hops: [...hops.map((last) => (last === undefined ? undefined : ip(last))), SOURCE],
  });
  const query = (atlas: Atlas, last: number, changes = {}) =>
    atlas.intersect({ source: SOURCE, address: ip(last), oldest: 0, useRecordRoute: true, ...changes });
  const tailOf = (found: ReturnType<typeof query>): Ipv4Address[] | undefined =>
    found?.tail.map(({ address }) => address);

  it('follows a traceroute from the hop it passes, silent hops left out', () => {
    const atlas = new Atlas(none);
    atlas.add(traceroute(1, [10, 11, undefined, 13]));
    expect(tailOf(query(atlas, 11))).toEqual([ip(13), SOURCE]);
    expect(query(atlas, 11)?.match).toBe('exact');
    expect(query(atlas, 12)).toBeUndefined();
    expect(atlas.intersect({ source: ip(201), address: ip(11), oldest: 0, useRecordRoute: true })).toBeUndefined();
  });

  it('meets a traceroute by an alias of its hop', () => {
    const atlas = new Atlas(new AliasSets([[ip(11), ip(99)]]));
    atlas.add(traceroute(1, [10, 11, 13]));
    expect(query(atlas, 99)).toMatchObject({ match: 'alias' });
    expect(tailOf(query(atlas, 99))).toEqual([ip(13), SOURCE]);
  });

  it('prefers the fresh to the old, and uses nothing too old', () => {
    const atlas = new Atlas(none);
    atlas.add(traceroute(1, [10, 11, 13], 2 * DAY));
    atlas.add(traceroute(2, [20, 11, 14], DAY));
    expect(query(atlas, 11)?.traceroute.id).toBe(1);
    expect(query(atlas, 11, { oldest: 3 * DAY })).toBeUndefined();
  });

  it('places stamps: the far end of the next link exactly, others between what is known', () => {
    const route = traceroute(1, [10, 20, 31, 40, 50]);
    const placements = placeStamps(route, [{ target: ip(20), stamps: [ip(30), ip(77), ip(51)] }], none);
    // 30/31 are the two ends of the link into hop 31: stamp 30 is the router before it. 51 is the far end of the link into 50.
    expect(placements).toEqual([
      { address: ip(30), first: 1, last: 1 },
      { address: ip(77), first: 1, last: 3 },
      { address: ip(51), first: 3, last: 3 },
    ]);
  });

  it('narrows bounds by several sightings and drops contradictions', () => {
    const route = traceroute(1, [10, 20, 30, 40, 50]);
    const narrowed = placeStamps(
      route,
      [
        { target: ip(10), stamps: [ip(77), ip(40)] },
        { target: ip(20), stamps: [ip(77), ip(50)] },
      ],
      none,
    );
    expect(narrowed).toEqual([{ address: ip(77), first: 1, last: 3 }]);
    const contradicted = placeStamps(
      route,
      [
        { target: ip(10), stamps: [ip(77), ip(20)] },
        { target: ip(30), stamps: [ip(77), ip(50)] },
      ],
      none,
    );
    expect(contradicted).toEqual([]);
  });

  it('says which hops behind an uncertain place may lie before it', () => {
    const atlas = new Atlas(none);
    atlas.add(traceroute(1, [10, 20, 30, 40]));
    atlas.addTails(SOURCE, [{ target: ip(10), stamps: [ip(77), ip(30)] }]);
    const found = query(atlas, 77);
    expect(found?.match).toBe('recordRouteBetween');
    expect(found?.tail).toEqual([
      { address: ip(20), isBetween: true },
      { address: ip(30), isBetween: true },
      { address: ip(40), isBetween: false },
      { address: SOURCE, isBetween: false },
    ]);
    expect(query(atlas, 77, { useRecordRoute: false })).toBeUndefined();
  });

  it('lists the responsive hops of its traceroutes, origins and source left out', () => {
    const atlas = new Atlas(none);
    atlas.add(traceroute(1, [10, 11]));
    expect(atlas.hopsTo(SOURCE)).toEqual([ip(11)]);
  });
});
