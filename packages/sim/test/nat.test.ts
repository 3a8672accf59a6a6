import { ICMP, specialPurposeOf } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import type { SimulatedInternet } from '../src/index.ts';
import { build, echo, exchange, RECORD_ROUTE } from './exchange.ts';

const ANSWERS = { stubDropsOptions: 0, transitDropsOptions: 0, hostAnswersOptions: 1, destinationNeverStamps: 0 };
const STUB = 3;

const isInStub = ({ topology }: SimulatedInternet, host: number): boolean =>
  topology.networks.tiers[topology.networkOf.lookup(host)] === STUB;

/** Hosts of stub networks near the sources, which leave slots for the NAT. */
function nearHosts(internet: SimulatedInternet): { source: number; target: number; hops: number }[] {
  const { truth, clock, places } = internet;
  return places.sources.flatMap(({ address: source }) =>
    places.hitlist
      .filter((target) => isInStub(internet, target))
      .map((target) => ({ source, target, hops: truth.path(source, target, clock.now()).routers.length }))
      .filter(({ hops }) => hops < 6),
  );
}

describe.each([
  ['a home NAT', { natNetworks: 1 }, 1, 'Private-Use'],
  ['a carrier-grade NAT', { carrierGradeNat: 1 }, 2, 'Shared Address Space'],
])('a host behind %s', (_, changes, innerRouters, hostRange) => {
  it('answers from its public address, and stamps a private one', async () => {
    const internet = build({ ...ANSWERS, ...changes, stampPrivate: 0 });
    const privateStamps = new Set<number>();
    const hosts = nearHosts(internet).slice(0, 40);
    expect(hosts.length).toBeGreaterThan(10);
    for (const { source, target, hops } of hosts) {
      const [reply] = await exchange(internet, echo(source, target, 64, RECORD_ROUTE), source);
      expect(reply.source).toBe(target);
      const stamps = reply.recordRoute ?? [];
      const inside = stamps.filter((stamp) => specialPurposeOf(stamp) !== undefined);
      if (stamps.length === 9 && hops > 3) continue;
      expect(inside.map((stamp) => specialPurposeOf(stamp)?.name)).toContain(hostRange);
      for (const stamp of inside) privateStamps.add(stamp);
    }
    expect(privateStamps.size).toBeGreaterThan(0);
  });

  it('is further away than its router, and the routers between report errors from the public address', async () => {
    const internet = build({ ...ANSWERS, ...changes });
    for (const { source, target, hops } of nearHosts(internet).slice(0, 10)) {
      const back = internet.truth.path(target, source, internet.clock.now()).routers.length;
      const [reply] = await exchange(internet, echo(source, target), source);
      expect(64 - reply.ttl).toBe(back + innerRouters);
      for (let inner = 1; inner <= innerRouters; inner++) {
        const [error] = await exchange(internet, echo(source, target, hops + inner), source);
        expect(error).toMatchObject({
          type: ICMP.timeExceeded,
          source: target,
          quoted: { source, destination: target },
        });
      }
      const [last] = await exchange(internet, echo(source, target, hops + innerRouters + 1), source);
      expect(last.type).toBe(ICMP.echoReply);
    }
  });

  it('shares its private addresses with hosts of unrelated networks', async () => {
    const internet = build({ ...ANSWERS, ...changes, stampPrivate: 0, destinationStampsTwice: 0 });
    const networksOf = new Map<number, Set<number>>();
    for (const { source, target } of nearHosts(internet)) {
      const [reply] = await exchange(internet, echo(source, target, 64, RECORD_ROUTE), source);
      for (const stamp of reply.recordRoute ?? []) {
        if (specialPurposeOf(stamp) === undefined) continue;
        const networks = networksOf.get(stamp) ?? new Set();
        networksOf.set(stamp, networks.add(internet.topology.networkOf.lookup(target)));
      }
    }
    expect([...networksOf.values()].some((networks) => networks.size > 1)).toBe(true);
  });
});

describe('hosts that measure', () => {
  it('are not behind a NAT', async () => {
    const internet = build({ natNetworks: 1 });
    const [{ address: source }] = internet.places.sources;
    const [{ address: other }] = internet.places.vantagePoints;
    internet.network.attach(other, () => undefined);
    const [reply] = await exchange(internet, echo(source, other), source);
    expect(64 - reply.ttl).toBe(internet.truth.path(other, source, internet.clock.now()).routers.length);
  });
});
