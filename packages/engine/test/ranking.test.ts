import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { beforeEach, describe, expect, it } from 'vitest';
import { DistanceRanking, IngressRanking, OUT_OF_REACH, PrefixOrigins, type RankedVantagePoint } from '../src/index.ts';

const ip = (last: number): Ipv4Address => parseIpv4(`5.0.0.${last}`);
const inside = (last: number): Ipv4Address => parseIpv4(`6.1.0.${last}`);
const ipToAs = new PrefixOrigins([
  { prefix: parsePrefix('6.0.0.0/8'), asn: 6 },
  { prefix: parsePrefix('6.1.1.0/24'), asn: 6 },
  { prefix: parsePrefix('6.2.1.0/24'), asn: 6 },
  { prefix: parsePrefix('7.0.0.0/8'), asn: 7 },
]);
const addresses = (ranked: readonly RankedVantagePoint[]): Ipv4Address[] => ranked.map(({ address }) => address);
const target = parseIpv4('6.1.1.1');
const DAY_MS = 86_400_000;

describe('ranking by distance', () => {
  const [near, far, unknown] = [ip(1), ip(2), ip(3)];
  const make = (): DistanceRanking => new DistanceRanking({ vantagePoints: [far, near, unknown] }, { ipToAs });

  it('puts the nearest first and leaves out vantage points out of reach', () => {
    const ranking = make();
    ranking.observe(near, target, 3);
    ranking.observe(far, target, 7);
    expect(addresses(ranking.rank(parseIpv4('6.9.9.9')))).toEqual([near, far, unknown]);
    for (let i = 0; i < 20; i++) ranking.observe(far, target, OUT_OF_REACH);
    expect(addresses(ranking.rank(target))).toEqual([near, unknown]);
  });

  it('falls back to the vantage points that reach the most networks', () => {
    const ranking = make();
    ranking.observe(unknown, target, 4);
    ranking.rankGlobally();
    expect(addresses(ranking.rank(parseIpv4('7.1.1.1')))[0]).toBe(unknown);
  });
});

describe('ranking by ingress', () => {
  const points = [1, 2, 3, 4, 5].map(ip);
  let now: number;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const make = (order: 'turns' | 'nearest' = 'nearest'): IngressRanking =>
    new IngressRanking({ vantagePoints: points, order }, { ipToAs, clock });
  /** An answer of the target, whose probe came in by a router of its network. */
  const observe = (ranking: IngressRanking, point: number, distance: number, ingress: number, to = target): void => {
    const before = Array.from({ length: distance - 2 }, (_, i) => parseIpv4(`9.0.${point}.${i}`));
    ranking.observe(ip(point), to, distance, [...before, inside(ingress), to]);
  };
  beforeEach(() => {
    now = DAY_MS;
  });

  it('takes the nearest first, or the nearest of each ingress, and then those that reach the most networks', () => {
    for (const [order, expected] of [
      ['nearest', [1, 2, 3, 4, 5]],
      ['turns', [1, 3, 2, 4, 5]],
    ] as const) {
      const ranking = make(order);
      observe(ranking, 1, 3, 10);
      observe(ranking, 2, 4, 10);
      observe(ranking, 3, 5, 20);
      ranking.observe(ip(4), parseIpv4('7.1.1.1'), 3, []);
      ranking.rankGlobally();
      expect([order, addresses(ranking.rank(target))]).toEqual([order, expected.map(ip)]);
      const ingressOf = (point: number) => ranking.rank(target).find(({ address }) => address === ip(point))?.ingress;
      expect(ingressOf(1)).toBe(ingressOf(2));
      expect(ingressOf(1)).not.toBe(ingressOf(3));
      expect(ingressOf(5)).toBeUndefined();
    }
  });

  it('derives an ingress from what all answers of a vantage point have in common', () => {
    const ranking = make('turns');
    observe(ranking, 1, 3, 10);
    observe(ranking, 2, 3, 20);
    // A second destination of the prefix shows that both come in by 10.
    ranking.observe(ip(2), parseIpv4('6.1.1.2'), 3, [inside(20), inside(10), parseIpv4('6.1.1.2')]);
    ranking.observe(ip(2), parseIpv4('6.1.1.3'), 3, [inside(10), parseIpv4('6.1.1.3')]);
    const [first, second] = ranking.rank(target);
    expect([first.ingress, second.ingress]).toEqual([inside(10), inside(10)]);
  });

  it('uses records of the network when it has none of the prefix', () => {
    const ranking = make();
    observe(ranking, 3, 3, 10);
    const other = ranking.rank(parseIpv4('6.2.1.9'));
    expect(other[0]).toMatchObject({ address: ip(3), level: 'network', distance: 3 });
    expect(ranking.rank(target)[0].level).toBe('prefix');
    expect(ranking.expectedDistance(ip(3), parseIpv4('6.2.1.9'))).toBe(3);
    expect(ranking.expectedDistance(ip(4), target)).toBeUndefined();
  });

  it('corrects itself with every answer, and learns how often it is right', () => {
    const ranking = make();
    observe(ranking, 1, 3, 10);
    const before = ranking.rank(target)[0].chance;
    for (let i = 0; i < 30; i++) {
      ranking.rank(target);
      ranking.observe(ip(1), target, OUT_OF_REACH, []);
    }
    expect(addresses(ranking.rank(target))).not.toContain(ip(1));
    const fresh = parseIpv4('7.9.9.9');
    observe(ranking, 2, 3, 10, fresh);
    expect(ranking.rank(fresh)[0].chance).toBeLessThan(before);
  });

  it('ranks only available vantage points, and forgets old records', () => {
    const ranking = make();
    observe(ranking, 1, 3, 10);
    observe(ranking, 2, 4, 10);
    ranking.setVantagePoints([ip(2), ip(5)]);
    expect(addresses(ranking.rank(target))).toEqual([ip(2), ip(5)]);
    ranking.setVantagePoints(points);
    expect(addresses(ranking.rank(target)).slice(0, 2)).toEqual([ip(1), ip(2)]);
    now += 31 * DAY_MS;
    ranking.rankGlobally();
    expect(ranking.rank(target).every(({ level }) => level === 'unknown')).toBe(true);
  });

  it('keeps in memory only what was confirmed lately, when it is told to', () => {
    const ranking = make();
    observe(ranking, 1, 3, 10);
    now += DAY_MS;
    observe(ranking, 2, 4, 10, parseIpv4('7.1.1.1'));
    expect(ranking.size).toEqual({ prefixes: 2, networks: 2 });
    ranking.forgetOlderThan(DAY_MS);
    expect(ranking.size).toEqual({ prefixes: 2, networks: 2 });
    now += 1;
    ranking.forgetOlderThan(DAY_MS);
    expect(ranking.size).toEqual({ prefixes: 1, networks: 1 });
    expect(ranking.rank(target).every(({ level }) => level === 'unknown')).toBe(true);
  });

  it('skips a vantage point that a prefix does not answer although it answers others, until it does', () => {
    const ranking = make();
    observe(ranking, 1, 3, 10);
    observe(ranking, 2, 4, 10);
    for (const point of [1, 4]) for (let i = 0; i < 2; i++) ranking.observeSilence(ip(point), target);
    expect(addresses(ranking.rank(target))).toEqual([2, 3, 5].map(ip));
    expect(addresses(ranking.rank(parseIpv4('6.2.1.1')))).toContain(ip(1));
    observe(ranking, 1, 3, 10);
    expect(addresses(ranking.rank(target))[0]).toBe(ip(1));
  });

  it('asks a vantage point that it skipped again after a while, and skips it longer after one further silence', () => {
    const ranking = make();
    const isSkipped = (): boolean => !addresses(ranking.rank(target)).includes(ip(1));
    const skippedMs = (): number => {
      const from = now;
      while (isSkipped()) now += 60_000;
      return now - from;
    };
    for (let i = 0; i < 2; i++) ranking.observeSilence(ip(1), target);
    const first = skippedMs();
    expect(first).toBe(1_800_000);
    ranking.observeSilence(ip(1), target);
    expect(skippedMs()).toBe(2 * first);
    for (let i = 0; i < 20; i++) {
      ranking.observeSilence(ip(1), target);
      expect(skippedMs()).toBeLessThanOrEqual(6 * 3_600_000);
    }
  });

  it('is the same after it is restored', () => {
    const ranking = make();
    observe(ranking, 1, 3, 10);
    observe(ranking, 2, 4, 20);
    const other = make();
    const changes = ranking.takeChanges();
    other.restore(changes);
    expect(ranking.takeChanges()).toEqual([]);
    expect(other.rank(target)).toEqual(ranking.rank(target));
    expect(other.size).toEqual(ranking.size);
  });
});
