import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  type Hop,
  type MeasuredPath,
  NextHops,
  PrefixOrigins,
  type ReadAnswer,
  ReversePath,
  toMeasuredPath,
} from '../src/index.ts';
import { AssumedSymmetry } from '../src/techniques/assumed-symmetry.ts';
import { traceWhole } from '../src/techniques/forward-path/trace-whole.ts';
import { KnownPath } from '../src/techniques/known-path.ts';
import { withAlternatives } from '../src/techniques/record-route/best-answer.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber, SOURCE } from './support/measurement.ts';

/** An address that routers of several networks have. */
const SHARED = parseIpv4('10.0.0.1');
const aliases = new AliasSets();
const nobody = new PrefixOrigins([]);
const hop = (address: Ipv4Address): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
});
const pathWith = (...addresses: Ipv4Address[]): ReversePath => {
  const path = new ReversePath(SOURCE, hop(DESTINATION), aliases);
  path.extend(0, addresses.map(hop));
  return path;
};
const addressesOf = ({ hops }: ReversePath): Ipv4Address[] => hops.map(({ address }) => address);

describe('an address that identifies no router', () => {
  it('may be on a path several times', () => {
    const path = pathWith(SHARED, ip(11), SHARED, ip(12));
    expect(addressesOf(path)).toEqual([DESTINATION, SHARED, ip(11), SHARED, ip(12)]);
    expect(path.indexOf(SHARED)).toBe(-1);
  });

  it('is not added again behind the same hop, and is no alternative to itself', () => {
    const path = pathWith(ip(11), SHARED);
    expect(path.extend(1, [hop(SHARED)])).toBe(0);
    expect(path.extend(1, [hop(SHARED), hop(ip(12))])).toBe(1);
    expect(addressesOf(path)).toEqual([DESTINATION, ip(11), SHARED, ip(12)]);
    expect(path.hops.every(({ alternatives }) => alternatives === undefined)).toBe(true);
  });

  it('does not end the hops to continue from', () => {
    const path = pathWith(ip(11));
    path.extend(1, [hop(SHARED)]);
    expect(path.lastSegment.map(({ address }) => address)).toEqual([SHARED, ip(11)]);
  });

  it('has no known next hops, which continue from the hop before it', async () => {
    const nextHops = new NextHops({ capacity: 10 }, aliases);
    nextHops.learn(SOURCE, [hop(ip(20)), hop(SHARED), hop(ip(30))], 900);
    expect(nextHops.behind(SOURCE, SHARED, 0).hops).toEqual([]);
    expect(nextHops.behind(SOURCE, ip(20), 0).hops).toHaveLength(2);
    const elsewhere = measurementWith(new ScriptedProber(() => undefined), { path: pathWith(SHARED), nextHops });
    expect(await new KnownPath().extend(elsewhere)).toMatchObject({ outcome: 'notApplicable' });
    const behind = measurementWith(new ScriptedProber(() => undefined), { path: pathWith(ip(20), SHARED), nextHops });
    expect(await new KnownPath().extend(behind)).toMatchObject({
      from: 1,
      hops: [{ address: SHARED }, { address: ip(30) }],
    });
  });

  it('confirms no hop and is no alternative in another answer of a round', () => {
    const answer = (sender: number, hops: Ipv4Address[]): ReadAnswer => ({
      sender: ip(sender),
      target: ip(1),
      distance: 9,
      hops: hops.map(hop),
      reading: { hops: [], isWhole: false, stamps: [] },
    });
    const best = answer(1, [ip(10), SHARED, ip(12), ip(13)]);
    const others = [answer(2, [ip(10), parseIpv4('10.0.0.2'), ip(14)]), answer(3, [SHARED, ip(15)])];
    const shown = withAlternatives(best, [best, ...others], aliases);
    expect(shown.map(({ alternatives }) => alternatives)).toEqual([undefined, undefined, undefined, undefined]);
    expect(shown[1].confirmedBy).toBeUndefined();
  });

  it('is not assumed alone: the assumption goes on to the router before it, and ends', async () => {
    const forward = [ip(40), ip(11), SHARED, SHARED, DESTINATION];
    const prober = new ScriptedProber(
      () => undefined,
      () => forward,
    );
    const technique = new AssumedSymmetry({
      allowInterdomain: true,
      trustGateways: false,
      ownersByRelation: false,
      allowIncomplete: false,
      trace: (measurement, target) => traceWhole(measurement, target, { timeoutMs: 1_000 }),
    });
    const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);
    const isPublic = (address: Ipv4Address): boolean => address !== SHARED;
    const measurement = measurementWith(prober, { ipToAs, mayProbe: isPublic });
    const { path } = measurement;
    for (let steps = 0; steps < 10 && !path.isComplete; steps++) {
      const extension = await technique.extend(measurement);
      if (extension.outcome !== 'extended' || path.extend(extension.from, extension.hops) === 0) break;
    }
    expect(addressesOf(path)).toEqual([DESTINATION, SHARED, ip(11), ip(40), SOURCE]);
  });
});

describe('an address that identifies no router, in the atlas', () => {
  const path = (origin: number, hops: (Ipv4Address | undefined)[], at = 0): MeasuredPath => ({
    platform: 'ripeAtlas',
    origin: ip(origin),
    source: SOURCE,
    at,
    hops: [ip(origin), ...hops, SOURCE],
  });
  const query = (atlas: Atlas, address: Ipv4Address) =>
    atlas.intersect({ source: SOURCE, address, now: 0, oldest: 0, useRecordRoute: true });

  it('is shown on a path, also twice, and meets no other path', () => {
    const atlas = new Atlas({ aliases, ipToAs: nobody });
    const measured = toMeasuredPath(path(20, [SHARED, ip(21), SHARED, ip(22)]), aliases);
    if (measured === undefined) throw new Error('a path with two shared addresses is no loop');
    atlas.add(measured);
    expect(query(atlas, SHARED)).toBeUndefined();
    const tail = query(atlas, ip(20))?.tail.map(({ address }) => address);
    expect(tail).toEqual([SHARED, ip(21), SHARED, ip(22), SOURCE]);
  });

  it('is placed nowhere by Record Route, and proves no alias', () => {
    const atlas = new Atlas({ aliases, ipToAs: nobody });
    atlas.add(path(20, [ip(21), parseIpv4('10.0.0.2'), ip(23)]));
    atlas.addTails(SOURCE, [{ target: ip(20), sender: SOURCE, at: 0, stamps: [SHARED, ip(77), ip(23)] }]);
    expect(query(atlas, SHARED)).toBeUndefined();
    expect(query(atlas, ip(77))?.match).toBe('recordRouteBetween');
    expect(atlas.evidence.list()).toEqual([]);
  });

  it('is not compared with the hop that a later traceroute shows in its place', () => {
    const atlas = new Atlas({ aliases, ipToAs: nobody });
    atlas.add(path(20, [SHARED, ip(22)]));
    atlas.add(path(21, [SHARED, ip(22)]));
    atlas.add(path(20, [parseIpv4('10.0.0.9'), ip(22)], 10));
    expect(atlas.traceroutesTo(SOURCE)).toHaveLength(2);
  });
});
