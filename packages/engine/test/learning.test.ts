import { parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AdaptiveTimeout, AliasSets, type Hop, NextHops, SilentTargets } from '../src/index.ts';

const ip = (last: number): number => parseIpv4(`5.0.0.${last}`);
const hop = (last: number): Hop => ({
  address: ip(last),
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
});

describe('known next hops', () => {
  const source = ip(200);

  it('continue from every hop of a learned segment, until they are too old', () => {
    const known = new NextHops({ capacity: 100 }, new AliasSets([[ip(2), ip(22)]]));
    known.learn(source, [hop(1), hop(2), hop(3)], 1_000);
    const behind = (last: number, oldest = 0) =>
      known.behind(source, ip(last), oldest).hops.map(({ address }) => address);
    expect(behind(1)).toEqual([ip(2), ip(3)]);
    expect(behind(22)).toEqual([ip(3)]);
    expect(behind(3)).toEqual([]);
    expect(behind(1, 1_001)).toEqual([]);
  });

  it('never exceed their capacity', () => {
    const known = new NextHops({ capacity: 10 }, new AliasSets());
    for (let i = 1; i < 100; i++) known.learn(source, [hop(i), hop(i + 1)], i);
    expect(known.behind(source, ip(1), 0).hops).toEqual([]);
    expect(known.behind(source, ip(99), 0).hops).toHaveLength(1);
  });
});

describe('silent targets', () => {
  const options = { firstMs: 100, mostMs: 350, capacity: 10 };

  it('make the engine skip their whole network when they are many, until one answers', () => {
    const silent = new SilentTargets({ ...options, targetsOfNetwork: 3 }, (address) => (address === ip(9) ? 2 : 1));
    for (const last of [1, 2]) silent.recordSilence(ip(last), 0);
    expect(silent.isSilent(ip(5), 1)).toBe(false);
    silent.recordSilence(ip(3), 0);
    expect([silent.isSilent(ip(5), 1), silent.isSilent(ip(9), 1), silent.isSilent(ip(5), 101)]).toEqual([
      true,
      false,
      false,
    ]);
    silent.recordSilence(ip(3), 0);
    silent.recordAnswer(ip(4));
    expect(silent.isSilent(ip(5), 1)).toBe(false);
  });

  it('are skipped twice as long after each silence, and are reset by an answer', () => {
    const silent = new SilentTargets({ ...options, targetsOfNetwork: 100 }, () => 1);
    const silentUntil = (now: number): number => {
      let at = now;
      while (silent.isSilent(ip(1), at)) at++;
      return at - now;
    };
    silent.recordSilence(ip(1), 0);
    expect(silentUntil(0)).toBe(100);
    silent.recordSilence(ip(1), 1_000);
    expect(silentUntil(1_000)).toBe(200);
    silent.recordSilence(ip(1), 2_000);
    expect(silentUntil(2_000)).toBe(350);
    silent.recordAnswer(ip(1));
    expect(silentUntil(2_000)).toBe(0);
  });
});

describe('adaptive timeout', () => {
  it('starts long, follows the observed times, and stays within its bounds', () => {
    const timeout = new AdaptiveTimeout({ leastMs: 50, mostMs: 2_000 });
    expect(timeout.current).toBe(2_000);
    for (let i = 0; i < 200; i++) timeout.observe(100);
    expect(timeout.current).toBeGreaterThanOrEqual(100);
    expect(timeout.current).toBeLessThan(150);
    for (let i = 0; i < 200; i++) timeout.observe(1);
    expect(timeout.current).toBe(50);
    for (let i = 0; i < 200; i++) timeout.observe(10_000);
    expect(timeout.current).toBe(2_000);
  });
});
