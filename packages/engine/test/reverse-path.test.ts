import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasSets, type Hop, ReversePath, rejoinChance } from '../src/index.ts';

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

  it('leaves out known hops, and replaces hops that a better answer contradicts', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3))]);
    expect(path.extend(1, [hop(ip(3)), hop(ip(4))])).toBe(1);
    expect(addresses(path)).toEqual([1, 2, 3, 4].map(ip));
    expect(path.extend(1, [hop(ip(7)), hop(ip(8))])).toBe(2);
    expect(addresses(path)).toEqual([1, 2, 7, 8].map(ip));
    expect(path.extend(3, [hop(ip(2)), hop(ip(7))])).toBe(0);
  });

  it('drops an assumption when packets of the assumed hop pass a hop before it, and continues as they do', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3))]);
    const sure = path.confidence;
    path.extend(2, [hop(ip(4), { trust: 'assumed', confidence: 0.5 })]);
    // Packets of the assumed hop pass the path by another router, and go on where it has ended.
    expect(path.extend(3, [hop(ip(5)), hop(ip(3)), hop(ip(6))])).toBe(1);
    expect(addresses(path)).toEqual([1, 2, 3, 6].map(ip));
    expect(path.last.trust).toBe('measured');
    expect(path.confidence).toBe(sure);
  });

  it('keeps an assumption whose packets show nothing behind the hops that the path has, or leave before a measured hop', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3)), hop(ip(4), { trust: 'assumed', confidence: 0.5 })]);
    expect(path.extend(3, [hop(ip(3))])).toBe(0);
    expect(path.extend(3, [hop(ip(2)), hop(ip(6))])).toBe(1);
    expect(addresses(path)).toEqual([1, 2, 3, 4, 6].map(ip));
  });

  it('weighs what was observed about a hop, and the hops behind depend on it', () => {
    const build = (ratio: number): ReversePath => {
      const path = new ReversePath(SOURCE, hop(ip(1)), none);
      path.extend(0, [hop(ip(2), { trust: 'assumed', confidence: 0.5 }), hop(ip(3), { confidence: 0.9 })]);
      path.weigh(({ address }) => (address === ip(2) ? ratio : 1));
      return path;
    };
    expect(build(3).hops[1].confidence).toBeCloseTo(0.75);
    expect(build(3).confidence).toBeCloseTo(0.75 * 0.9);
    expect(build(1).confidence).toBeCloseTo(0.5 * 0.9);
    expect(build(0.1).hops[2].confidence).toBeLessThan(build(1).hops[2].confidence);
    expect(build(3).hops[1].uncorrected?.step).toBeCloseTo(0.75);
  });

  it('labels no hop measured that depends on an assumption, and lowers its confidence', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2), { trust: 'assumed', confidence: 0.5 })]);
    path.extend(1, [hop(ip(3), { confidence: 1 })]);
    expect(path.last.trust).toBe('inferred');
    // Right behind the right, or back on the path behind the wrong.
    expect(path.last.confidence).toBeCloseTo(0.5 + 0.5 * rejoinChance(path.last));
    expect(path.confidence).toBeCloseTo(0.5);
  });

  it('never contains a router twice, for any input', () => {
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

describe('a path', () => {
  const evidence = { type: 'nearby', destination: ip(1), sender: ip(9), at: 0 } as const;

  it('labels no hop measured that was found behind one which is not: a stand-in, a heuristic, a place between two hops', () => {
    for (const trust of ['inferred', 'assumed'] as const) {
      const path = new ReversePath(SOURCE, hop(ip(1)), none);
      path.extend(0, [hop(ip(2), { trust, evidence })]);
      path.extend(1, [hop(ip(3))]);
      path.extend(2, [hop(ip(4))]);
      expect(path.hops.map((each) => each.trust)).toEqual(['measured', trust, 'inferred', 'inferred']);
    }
  });

  it('labels hops measured again that packets of a measured hop show, whatever lies between', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3), { trust: 'inferred' }), hop(ip(4))]);
    expect(path.hops.map(({ trust }) => trust)).toEqual(['measured', 'measured', 'inferred', 'measured']);
    path.extend(2, [hop(ip(5))]);
    expect(path.last).toMatchObject({ address: ip(5), trust: 'inferred' });
    path.extend(1, [hop(ip(5)), hop(ip(6))]);
    expect(path.last).toMatchObject({ address: ip(6), trust: 'measured' });
  });

  it('has the joint probability of its hops, and a hop the probability given the hop before', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2), { confidence: 0.9 }), hop(ip(3), { confidence: 0.8 })]);
    expect(path.confidence).toBeCloseTo(0.72);
    expect(path.last.confidence).toBeCloseTo(0.9 * 0.8 + 0.1 * rejoinChance(path.last));
    path.extend(1, [hop(ip(4), { confidence: 1 })]);
    expect(path.confidence).toBeCloseTo(0.9 * 0.99);
  });

  it('keeps replaced hops as alternatives, with the cause', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2)), hop(ip(3))]);
    path.extend(1, [hop(ip(4))]);
    expect(path.last).toMatchObject({ address: ip(4), alternatives: [ip(3)], divergence: 'notDestinationBased' });
    // An alias of the hop itself is no other router.
    const known = new AliasSets([[ip(3), ip(4)]]);
    const same = new ReversePath(SOURCE, hop(ip(1)), known);
    same.extend(0, [hop(ip(2)), hop(ip(5), { alternatives: [ip(6)], divergence: 'loadBalancing' })]);
    expect(same.last).toMatchObject({ alternatives: [ip(6)], divergence: 'loadBalancing' });
  });

  it('gives a higher confidence to a hop that other probes have seen', () => {
    const path = new ReversePath(SOURCE, hop(ip(1)), none);
    path.extend(0, [hop(ip(2), { confidence: 0.9, confirmedBy: [ip(8), ip(9)] })]);
    expect(path.last.confidence).toBeCloseTo(1 - 0.1 / 3);
  });
});
