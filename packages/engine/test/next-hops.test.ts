import { parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AliasSets, type Hop, NextHops } from '../src/index.ts';

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

  it('end at a router behind which a newer measurement has shown another hop', () => {
    const known = new NextHops({ capacity: 100 }, new AliasSets());
    known.learn(source, [hop(1), hop(2), hop(3), hop(4)], 1_000);
    known.learn(source, [hop(2), hop(9), hop(4)], 2_000);
    const behind = (last: number) => known.behind(source, ip(last), 0).hops.map(({ address }) => address);
    expect(behind(1)).toEqual([ip(2)]);
    expect(behind(2)).toEqual([ip(9), ip(4)]);
    expect(behind(3)).toEqual([ip(4)]);
  });

  it('never exceed their capacity', () => {
    const known = new NextHops({ capacity: 10 }, new AliasSets());
    for (let i = 1; i < 100; i++) known.learn(source, [hop(i), hop(i + 1)], i);
    expect(known.behind(source, ip(1), 0).hops).toEqual([]);
    expect(known.behind(source, ip(99), 0).hops).toHaveLength(1);
  });

  it('are forgotten for a source that was not measured for a day', () => {
    const DAY_MS = 86_400_000;
    const known = new NextHops({ capacity: 10 }, new AliasSets());
    const learn = (to: number, at: number): void => known.learn(to, [hop(1), hop(2)], at);
    const knows = (to: number): boolean => known.behind(to, ip(1), 0).hops.length > 0;
    for (const to of [ip(201), ip(202)]) learn(to, 0);
    learn(ip(201), 1);
    learn(source, DAY_MS);
    expect([ip(201), ip(202)].map(knows)).toEqual([true, true]);
    learn(source, DAY_MS + 1);
    expect([ip(201), ip(202), source].map(knows)).toEqual([true, false, true]);
  });
});
