import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  type AtlasPlatform,
  DEFAULT_REFRESH,
  idlePaths,
  type MeasuredPath,
  PrefixOrigins,
  placeStamps,
  planRefresh,
  type TailStamps,
  toMeasuredPath,
} from '../src/index.ts';

const DAY = 86_400_000;
const ip = (last: number): Ipv4Address => parseIpv4(`5.0.0.${last}`);
const SOURCE = ip(200);
const nobody = new PrefixOrigins([]);
const facts = (...sets: number[][]) => ({ aliases: new AliasSets(sets.map((set) => set.map(ip))), ipToAs: nobody });
const hopsOf = (hops: (number | undefined)[]) => [
  ...hops.map((last) => (last === undefined ? undefined : ip(last))),
  SOURCE,
];
const path = (hops: (number | undefined)[], at = DAY, platform: AtlasPlatform = 'ripeAtlas'): MeasuredPath => ({
  platform,
  origin: ip(hops[0] ?? 0),
  source: SOURCE,
  at,
  hops: hopsOf(hops),
});
const tail = (target: number, stamps: number[], sender = SOURCE): TailStamps => ({
  target: ip(target),
  sender,
  at: DAY,
  stamps: stamps.map(ip),
});
const query = (atlas: Atlas, last: number, changes = {}) =>
  atlas.intersect({ source: SOURCE, address: ip(last), now: DAY, oldest: 0, useRecordRoute: true, ...changes });
const tailOf = (found: ReturnType<typeof query>): Ipv4Address[] | undefined =>
  found?.tail.map(({ address }) => address);
const idsOf = (atlas: Atlas): number[] => atlas.traceroutesTo(SOURCE).map(({ id }) => id);

describe('paths of the atlas', () => {
  it('end at the source, count a router that answers twice once, and do not loop', () => {
    const { aliases } = facts();
    expect(toMeasuredPath(path([10, 11, 11, 12]), aliases)?.hops).toEqual(hopsOf([10, 11, 12]));
    expect(toMeasuredPath(path([10, 11, 12, 11]), aliases)).toBeUndefined();
    expect(toMeasuredPath({ ...path([10, 11]), hops: [ip(10), ip(11)] }, aliases)).toBeUndefined();
  });
});

describe('intersection', () => {
  it('continues along a path from the matching hop, without silent hops', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 11, undefined, 13]));
    expect(tailOf(query(atlas, 11))).toEqual([ip(13), SOURCE]);
    expect(query(atlas, 11)?.match).toBe('exact');
    expect(query(atlas, 12)).toBeUndefined();
    expect(query(atlas, 11, { source: ip(201) })).toBeUndefined();
  });

  it('matches a path by any alias of its hop', () => {
    for (const set of [
      [11, 99],
      [99, 11],
      [50, 11, 99],
    ]) {
      const atlas = new Atlas(facts(set));
      atlas.add(path([10, 11, 13]));
      expect(query(atlas, 99)).toMatchObject({ match: 'alias' });
      expect(tailOf(query(atlas, 99))).toEqual([ip(13), SOURCE]);
    }
  });

  it('prefers newer paths, and ignores those beyond the age limit', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 11, 13], 2 * DAY));
    atlas.add(path([20, 11, 14], DAY));
    expect(query(atlas, 11, { now: 2 * DAY })?.traceroute.id).toBe(1);
    expect(query(atlas, 11, { oldest: 3 * DAY })).toBeUndefined();
  });

  it('prefers an exact match to a newer one that is less specific', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 17, 13], DAY - 3_600_000));
    atlas.add(path([20, 21, 22, 23], DAY));
    atlas.addTails(SOURCE, [tail(21, [17, 23])]);
    expect(query(atlas, 17)).toMatchObject({ match: 'exact', traceroute: { id: 1 } });
  });

  it('prefers a much newer match although it is less specific', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 17, 13], DAY));
    atlas.add(path([20, 21, 22, 23], 20 * DAY));
    atlas.addTails(SOURCE, [tail(21, [17, 23])]);
    expect(query(atlas, 17, { now: 20 * DAY })).toMatchObject({ match: 'recordRouteBetween', traceroute: { id: 2 } });
  });

  it('uses only the requested kinds of paths', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 11, 13], DAY, 'reverseTraceroute'));
    const accepts = ({ platform }: MeasuredPath) => platform !== 'reverseTraceroute';
    expect(query(atlas, 11)).toBeDefined();
    expect(query(atlas, 11, { accepts })).toBeUndefined();
    atlas.add(path([20, 11, 14], 0));
    expect(query(atlas, 11, { accepts })?.traceroute.id).toBe(2);
  });

  it('marks the hops that may lie before an uncertain position', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 40]));
    atlas.addTails(SOURCE, [tail(10, [77, 30])]);
    const found = query(atlas, 77);
    expect(found?.match).toBe('recordRouteBetween');
    expect(found?.tail).toMatchObject([
      { address: ip(20), isBetween: true },
      { address: ip(30), isBetween: true },
      { address: ip(40), isBetween: false },
      { address: SOURCE, isBetween: false },
    ]);
    expect(query(atlas, 77, { useRecordRoute: false })).toBeUndefined();
  });

  it('says which hops are one of several, because traceroutes part behind a router and meet again', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 33, 40]));
    atlas.add(path([11, 20, 31, 34, 40]));
    const tailBehind = (last: number) =>
      query(atlas, last)?.tail.map(({ address, isOneOfSeveral, alternatives }) => [
        address,
        isOneOfSeveral,
        alternatives,
      ]);
    expect(tailBehind(10)).toEqual([
      [ip(20), false, []],
      [ip(30), true, [ip(31)]],
      [ip(33), true, []],
      [ip(40), false, []],
      [SOURCE, false, []],
    ]);
    expect(tailBehind(30)?.every(([, isOneOfSeveral]) => isOneOfSeveral === false)).toBe(true);
  });

  it('gives the same answers as a linear search while paths are added and removed', () => {
    const steps = fc.array(
      fc.record({
        origin: fc.integer({ min: 1, max: 8 }),
        hops: fc.uniqueArray(fc.integer({ min: 20, max: 32 }), { minLength: 1, maxLength: 5 }),
        drop: fc.nat(6),
      }),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const atlas = new Atlas(facts());
        list.forEach(({ origin, hops, drop }, i) => {
          atlas.add(path([origin, ...hops], DAY + i * 3_600_000));
          if (drop === 0) atlas.remove(SOURCE, atlas.traceroutesTo(SOURCE).slice(0, 1));
        });
        const paths = atlas.traceroutesTo(SOURCE);
        for (let address = 1; address <= 32; address++) {
          const through = paths.filter(({ hops }) => hops.includes(ip(address)));
          const newest = through.reduce<MeasuredPath | undefined>(
            (a, b) => (a !== undefined && a.at > b.at ? a : b),
            undefined,
          );
          const expected = newest?.hops.slice(newest.hops.indexOf(ip(address)) + 1);
          expect(tailOf(query(atlas, address, { now: 2 * DAY }))).toEqual(expected);
        }
      }),
    );
  });
});

describe('placement of Record Route addresses', () => {
  const place = (hops: number[], tails: TailStamps[], known = facts()) => placeStamps(hopsOf(hops), tails, known);

  it('places the far end of the next link exactly, and other addresses between known ones', () => {
    // 30/31 are the two ends of the link into hop 31: stamp 30 is the router before it. 51 is the far end of the link into 50.
    expect(place([10, 20, 31, 40, 50], [tail(20, [30, 77, 51])])).toMatchObject({
      placed: [
        { address: ip(30), first: 1, last: 1 },
        { address: ip(77), first: 1, last: 3 },
        { address: ip(51), first: 3, last: 3 },
      ],
      linkEnds: [
        [ip(30), ip(20)],
        [ip(51), ip(40)],
      ],
    });
  });

  it('narrows the bounds with several answers, and with the stamps before and after', () => {
    const both = place([10, 20, 30, 40, 50], [tail(10, [77, 40]), tail(20, [77, 50])]);
    expect(both.placed).toEqual([{ address: ip(77), first: 1, last: 3 }]);
    // 78 follows 77, and 77 lies at or behind hop 3: so does 78, though its own ping does not show it.
    const ordered = place([10, 20, 30, 40, 50], [tail(30, [77, 50]), tail(10, [77, 78])]);
    expect(ordered.placed).toContainEqual({ address: ip(78), first: 2, last: 5 });
  });

  it('detects contradictions instead of guessing', () => {
    const empty = place([10, 20, 30, 40, 50], [tail(10, [77, 20]), tail(30, [77, 50])]);
    expect(empty.placed).toEqual([]);
    expect(empty.contradictions).toEqual([{ address: ip(77), reason: 'bounds' }]);
    const turned = place([10, 20, 30, 40, 50], [tail(20, [40, 77, 30])]);
    expect(turned.placed).toEqual([]);
    expect(turned.contradictions).toContainEqual({ address: ip(77), reason: 'order' });
  });

  it('leaves out stamps of another branch: their link leads to a hop of other paths, or they are more than there are hops', () => {
    const paths = [10, 20, 31, 40, 50];
    // 45 and 46 are the ends of a link: 46 is a hop of another path.
    const known = { ...facts(), isHop: (address: Ipv4Address) => address === ip(46) };
    const elsewhere = place(paths, [tail(20, [77, 45, 50])], known);
    expect(elsewhere.placed).toEqual([]);
    expect(elsewhere.contradictions).toEqual([
      { address: ip(77), reason: 'branch' },
      { address: ip(45), reason: 'branch' },
    ]);
    expect(place(paths, [tail(20, [77, 45, 50])]).placed).toHaveLength(2);
    const longer = place(paths, [tail(20, [77, 78, 40, 79])]);
    expect(longer.placed).toEqual([
      { address: ip(77), first: 1, last: 3 },
      { address: ip(78), first: 1, last: 3 },
      { address: ip(79), first: 3, last: 5 },
    ]);
    expect(place(paths, [tail(20, [77, 78, 76, 40, 79])])).toMatchObject({
      placed: [{ address: ip(79), first: 3, last: 5 }],
      contradictions: [77, 78, 76].map((last) => ({ address: ip(last), reason: 'bounds' })),
    });
  });

  it('leaves out an address that would make the path leave a network and enter it again', () => {
    const ipToAs = new PrefixOrigins([
      { prefix: parsePrefix('5.0.0.0/25'), asn: 1 },
      { prefix: parsePrefix('5.0.0.128/25'), asn: 2 },
    ]);
    const known = { aliases: new AliasSets(), ipToAs };
    expect(place([10, 20, 30, 40], [tail(10, [150, 40])], known)).toMatchObject({
      placed: [],
      contradictions: [{ address: ip(150), reason: 'asLoop' }],
    });
  });

  it('is stored and removed with its paths', () => {
    const atlas = new Atlas(facts());
    atlas.addTails(SOURCE, [tail(20, [30])]);
    atlas.add(path([10, 20, 31]));
    atlas.add(path([11, 20, 31]));
    expect(query(atlas, 30)?.match).toBe('recordRoute');
    expect(atlas.evidence.list()).toMatchObject([{ addresses: [ip(20), ip(30)], kind: 'linkEnd' }]);
    atlas.remove(SOURCE, atlas.traceroutesTo(SOURCE).slice(0, 1));
    expect(query(atlas, 30)?.match).toBe('recordRoute');
    atlas.remove(SOURCE, atlas.traceroutesTo(SOURCE));
    expect(query(atlas, 30)).toBeUndefined();
  });
});

describe('change', () => {
  it('of a segment removes all paths that shared it, and schedules them first', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 40]));
    atlas.add(path([11, 20, 30, 40]));
    atlas.add(path([12, 30, 40]));
    atlas.add(path([13, 50, 40]));
    const { removed } = atlas.add(path([10, 20, 33, 40], 2 * DAY));
    expect(removed.map(({ id }) => id)).toEqual([1, 2]);
    expect(idsOf(atlas)).toEqual([3, 4, 5]);
    expect(tailOf(query(atlas, 20))).toEqual([ip(33), ip(40), SOURCE]);
    const known = atlas.of(SOURCE);
    expect(known && planRefresh(known, DEFAULT_REFRESH, 2 * DAY, 9).map(({ id }) => id)).toEqual([2]);
    atlas.add(path([11, 20, 33, 40], 2 * DAY));
    expect(known && planRefresh(known, DEFAULT_REFRESH, 2 * DAY, 9)).toEqual([]);
  });

  it('is not detected where a router balances load, or where a hop is silent once', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 40]));
    atlas.add(path([11, 20, 30, 40]));
    atlas.add(path([12, 20, 31, 40]));
    expect(atlas.add(path([10, 20, 31, 40], 2 * DAY)).removed.map(({ id }) => id)).toEqual([1]);
    expect(atlas.add(path([11, 20, undefined, 40], 2 * DAY)).removed.map(({ id }) => id)).toEqual([2]);
    expect(atlas.traceroutesTo(SOURCE).at(-1)?.hops).toEqual(hopsOf([11, 20, 30, 40]));
  });
});

describe('a fresh answer', () => {
  const answer = (target: number, stamps: number[], distance: number, at = 2 * DAY) => ({
    target: ip(target),
    stamps: stamps.map(ip),
    distance,
    at,
  });
  const grown = () => {
    const atlas = new Atlas(facts());
    for (const origin of [10, 11]) atlas.add(path([origin, 20, 30, 40]));
    atlas.add(path([12, 60, 40]));
    atlas.addTails(SOURCE, [tail(20, [31, 41])]);
    return atlas;
  };

  it('that agrees with the atlas changes nothing', () => {
    const atlas = grown();
    atlas.compare(SOURCE, answer(20, [31, 41], 3));
    atlas.compare(SOURCE, answer(99, [98, 97], 12));
    expect(query(atlas, 20)).toBeDefined();
    expect(planRefresh(atlas.of(SOURCE) ?? never(), DEFAULT_REFRESH, 2 * DAY, 9)).toEqual([]);
  });

  it.each([
    ['other routers stamp behind a hop', answer(20, [35, 41], 3)],
    ['the answer has crossed more links', answer(20, [31, 41], 4)],
    ['the answer has crossed fewer links', answer(20, [31, 41], 2)],
  ])('disputes the paths on which %s, and has one of them measured again', (_, contradiction) => {
    const atlas = grown();
    atlas.compare(SOURCE, contradiction);
    expect([20, 10, 11].map((last) => query(atlas, last))).toEqual([undefined, undefined, undefined]);
    expect([30, 40, 60].every((last) => query(atlas, last) !== undefined)).toBe(true);
    const known = atlas.of(SOURCE) ?? never();
    const due = planRefresh(known, DEFAULT_REFRESH, 2 * DAY, 9);
    expect(due.map(({ origin }) => origin)).toEqual([ip(11)]);
    // The new traceroute settles the dispute, whatever it shows.
    atlas.add(path([11, 20, 30, 40], 2 * DAY + 1));
    expect(query(atlas, 20)).toBeDefined();
    expect(planRefresh(known, DEFAULT_REFRESH, 2 * DAY, 9)).toEqual([]);
  });

  it('disputes the ways from a router that leaves by another link than before', () => {
    const atlas = new Atlas(facts([31, 131]));
    atlas.add(path([10, 20, 31, 40]));
    atlas.addTails(SOURCE, [tail(20, [31, 41])]);
    atlas.compare(SOURCE, answer(20, [131], 3));
    expect([20, 31].map((last) => query(atlas, last))).toEqual([undefined, undefined]);
    expect(query(atlas, 40)).toBeDefined();
  });

  it('disputes the end of a reverse traceroute when the hop was another number of links away before', () => {
    const atlas = new Atlas(facts());
    atlas.add({ ...path([50, 51, 40]), platform: 'reverseTraceroute' });
    const isKnown = (): boolean => query(atlas, 50) !== undefined;
    // Routers that do not stamp are missing on such a path: its own length says nothing.
    atlas.compare(SOURCE, answer(50, [51], 7));
    expect(isKnown()).toBe(true);
    atlas.compare(SOURCE, answer(50, [51], 7, 2 * DAY + 1));
    expect(isKnown()).toBe(true);
    atlas.compare(SOURCE, answer(50, [51], 6, 2 * DAY + 2));
    expect(isKnown()).toBe(false);
  });

  it('is not contradicted again by a router that is known to balance load', () => {
    const atlas = grown();
    atlas.compare(SOURCE, answer(20, [35, 41], 3));
    atlas.add(path([11, 20, 30, 40], 2 * DAY + 1));
    atlas.compare(SOURCE, answer(20, [35, 41], 3, 2 * DAY + 2));
    expect(query(atlas, 20)).toBeDefined();
  });
});

function never(): never {
  throw new Error('the atlas of the source exists');
}

describe('refresh', () => {
  it('measures used parts again before they are too old, with the fewest paths', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 40], 0));
    atlas.add(path([11, 20, 30, 40], 0));
    atlas.add(path([12, 50, 40], 0));
    const known = atlas.of(SOURCE);
    const due = (now: number) => known && planRefresh(known, DEFAULT_REFRESH, now, 9).map(({ id }) => id);
    const late = 20 * 3_600_000;
    expect(due(late)).toEqual([]);
    for (const used of [30, 20, 40]) {
      const found = query(atlas, used, { now: late });
      if (found !== undefined) atlas.use(found, late);
    }
    expect(due(3_600_000)).toEqual([]);
    expect(due(late)).toHaveLength(1);
    expect(due(late)?.[0]).toBeLessThan(3);
    expect(due(4 * DAY)).toEqual([]);
  });

  it('names the paths that have added nothing', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 40], 0));
    atlas.add(path([11, 21, 40], 0));
    const found = query(atlas, 20);
    if (found !== undefined) atlas.use(found, DAY);
    const known = atlas.of(SOURCE);
    expect(known && idlePaths(known, DAY, DAY / 2).map(({ id }) => id)).toEqual([2]);
    expect(known && idlePaths(known, DAY, 2 * DAY)).toEqual([]);
  });
});

describe('growth', () => {
  it('drops the oldest learned paths beyond the limit, and never a traceroute', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 11]));
    const grown = (i: number): MeasuredPath => ({
      ...path([0], DAY, 'reverseTraceroute'),
      origin: i,
      hops: [i, ip(11), SOURCE],
    });
    for (let i = 1; i <= 20_000; i++) atlas.add(grown(i));
    expect(atlas.add(grown(20_001)).removed.map(({ origin }) => origin)).toEqual([1]);
    expect(atlas.add(grown(2)).removed.map(({ origin }) => origin)).toEqual([2]);
    expect(atlas.traceroutesTo(SOURCE)).toHaveLength(20_001);
    expect(query(atlas, 10)?.traceroute.platform).toBe('ripeAtlas');
  });
});

describe('persistence', () => {
  it('reports all changes, and restores the same atlas from them', () => {
    const atlas = new Atlas(facts());
    const kept = new Map<number, MeasuredPath & { id: number }>();
    const tails: TailStamps[] = [];
    atlas.listen({
      onAdded: ({ path: added, removed }) => {
        for (const { id } of removed) kept.delete(id);
        kept.set(added.id, added);
      },
      onRemoved: (_source, removed) => {
        for (const { id } of removed) kept.delete(id);
      },
      onTails: (_source, more) => tails.push(...more),
      onTailsRemoved: () => expect.unreachable(),
    });
    atlas.add(path([10, 20, 31, 40]));
    atlas.add(path([11, 20, 31, 40]));
    atlas.addTails(SOURCE, [tail(20, [30, 40])]);
    atlas.add(path([10, 20, 35, 40], 2 * DAY));
    atlas.expire(SOURCE, { paths: DAY, unusedTails: DAY });
    const other = new Atlas(facts());
    other.restore(SOURCE, [...kept.values()], tails);
    expect(other.traceroutesTo(SOURCE)).toEqual(atlas.traceroutesTo(SOURCE));
    for (const address of [10, 11, 20, 30, 31, 35, 40])
      expect(tailOf(query(other, address))).toEqual(tailOf(query(atlas, address)));
    other.rebuild();
    expect(other.traceroutesTo(SOURCE)).toEqual(atlas.traceroutesTo(SOURCE));
  });
});

describe('expiry', () => {
  it('removes the pings to hops that no path passes any more, once they are old, and tells it', () => {
    const atlas = new Atlas(facts());
    const removed: unknown[] = [];
    atlas.listen({
      onAdded: () => undefined,
      onRemoved: () => undefined,
      onTails: () => undefined,
      onTailsRemoved: (source, hops) => removed.push([source, hops]),
    });
    atlas.add(path([10, 20, 40]));
    atlas.addTails(SOURCE, [tail(20, [40]), tail(20, [40], ip(90)), tail(40, [])]);
    atlas.add(path([10, 30, 40], 2 * DAY));
    const targets = (): Ipv4Address[] => [...(atlas.of(SOURCE)?.tails() ?? [])].map(({ target }) => target);
    atlas.expire(SOURCE, { paths: 0, unusedTails: DAY });
    expect([targets(), removed]).toEqual([[ip(20), ip(20), ip(40)], []]);
    atlas.expire(SOURCE, { paths: 0, unusedTails: DAY + 1 });
    expect([targets(), removed]).toEqual([[ip(40)], [[SOURCE, [ip(20)]]]]);
  });

  it('forgets lost paths that are too old, and a source of which nothing is left', () => {
    const atlas = new Atlas(facts());
    atlas.add(path([10, 20, 30, 40]));
    atlas.add(path([11, 20, 30, 40]));
    atlas.add(path([10, 20, 35, 40], 2 * DAY));
    const lost = (): number | undefined => atlas.of(SOURCE)?.lost.size;
    atlas.expire(SOURCE, { paths: DAY, unusedTails: DAY });
    expect(lost()).toBe(1);
    atlas.expire(SOURCE, { paths: DAY + 1, unusedTails: DAY });
    expect(lost()).toBe(0);
    atlas.expire(SOURCE, { paths: 2 * DAY + 1, unusedTails: DAY });
    expect(atlas.sources()).toEqual([]);
  });

  it('forgets alias evidence that was not seen for long', () => {
    const { evidence } = new Atlas(facts());
    evidence.add(ip(1), ip(2), 'linkEnd', DAY);
    evidence.add(ip(3), ip(4), 'linkEnd', 2 * DAY);
    evidence.forgetBefore(DAY + 1);
    expect(evidence.list()).toMatchObject([{ addresses: [ip(3), ip(4)] }]);
    expect(evidence.takeChanges()).toHaveLength(1);
  });
});
