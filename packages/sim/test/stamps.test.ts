import { ICMP, specialPurposeOf } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { routerOf, type SimulatedInternet } from '../src/index.ts';
import { build, echo, exchange, RECORD_ROUTE, recordRoutes } from './exchange.ts';

const OTHER_STAMPS = { stampEgress: 0, stampIngress: 0, stampLoopback: 0, stampPrivate: 0 };

/** Routers on the true way of the stamps of a reply, from the source to the target and back. */
function passed({ truth, clock }: SimulatedInternet, source: number, target: number): number[][] {
  return [truth.path(source, target, clock.now()).routers, truth.path(target, source, clock.now()).routers].map(
    (routers) => [...routers],
  );
}

describe('shared private stamps', () => {
  it('come from a small pool of private and shared addresses, and one address from routers of unrelated networks', async () => {
    const internet = build({ ...OTHER_STAMPS, sharedPrivateStamps: 1, sharedPrivatePool: 4 });
    const networksOf = new Map<number, Set<number>>();
    for (const { source, target, stamps = [] } of await recordRoutes(internet)) {
      const [forward] = passed(internet, source, target);
      // Every router stamps, so that stamp number i comes from router number i.
      stamps.slice(0, forward.length).forEach((stamp, i) => {
        const networks = networksOf.get(stamp) ?? new Set();
        networksOf.set(stamp, networks.add(internet.truth.asOf(forward[i])));
      });
    }
    const names = [...networksOf.keys()].map((address) => specialPurposeOf(address)?.name);
    expect(networksOf.size).toBe(4);
    expect(new Set(names)).toEqual(new Set(['Private-Use', 'Shared Address Space']));
    for (const networks of networksOf.values()) expect(networks.size).toBeGreaterThan(3);
  });

  it('also appear as sources of time-exceeded messages of some of these routers', async () => {
    const internet = build({ ...OTHER_STAMPS, sharedPrivateStamps: 1, sharedPrivatePool: 4, errorFromLoopback: 0 });
    const [{ address: source }] = internet.places.sources;
    const isPrivate: boolean[] = [];
    for (const target of internet.places.hitlist.slice(0, 20)) {
      for (let ttl = 1; ttl <= 6; ttl++) {
        const [error] = await exchange(internet, echo(source, target, ttl), source);
        if (error?.type === ICMP.timeExceeded) isPrivate.push(specialPurposeOf(error.source) !== undefined);
      }
    }
    expect(isPrivate).toContain(true);
    expect(isPrivate).toContain(false);
  });

  it('are absent when no router has one', async () => {
    const stamps = (await recordRoutes(build({ stampPrivate: 0 }))).flatMap((route) => route.stamps ?? []);
    expect(stamps.length).toBeGreaterThan(100);
    expect(stamps.filter((stamp) => specialPurposeOf(stamp) !== undefined)).toEqual([]);
  });
});

describe('stamps by direction', () => {
  it('are the outgoing interface for some incoming interfaces and the incoming one for others', async () => {
    const internet = build({ ...OTHER_STAMPS, stampsByDirection: 1 });
    const { topology } = internet;
    const kinds = new Map<number, Set<string>>();
    const routes = [];
    for (const source of internet.places.vantagePoints)
      routes.push(...(await recordRoutes(internet, 20, source.address)));
    for (const { source, target, stamps = [] } of routes) {
      const [forward] = passed(internet, source, target);
      stamps.slice(0, forward.length - 1).forEach((stamp, i) => {
        if (i === 0) return;
        const router = forward[i];
        expect(routerOf(topology, stamp)).toBe(router);
        const far = topology.interfaces.router[topology.interfaces.peer[topology.interfaceOf.get(stamp) ?? -1]];
        const kind = far === forward[i + 1] ? 'outgoing' : far === forward[i - 1] ? 'incoming' : 'exchange';
        kinds.set(router, (kinds.get(router) ?? new Set()).add(kind));
      });
    }
    const seen = [...kinds.values()];
    expect(seen.some((all) => all.has('outgoing') && all.has('incoming'))).toBe(true);
  });
});

describe('routers that stamp twice', () => {
  const STAMPS = { ...OTHER_STAMPS, stampEgress: 1 };

  it('never repeat an incoming interface that they have written', async () => {
    const once = await recordRoutes(build({ ...OTHER_STAMPS, stampIngress: 1 }));
    expect(await recordRoutes(build({ ...OTHER_STAMPS, stampIngress: 1, transitStampsTwice: 1 }))).toEqual(once);
  });

  it('write two addresses of theirs, or the same one again', async () => {
    for (const [changes, isSame] of [
      [{ transitStampsTwice: 1 }, false],
      [{ transitRepeatsStamp: 1 }, true],
    ] as const) {
      const internet = build({ ...STAMPS, ...changes });
      let pairs = 0;
      for (const { source, target, stamps = [] } of await recordRoutes(internet)) {
        const [forward] = passed(internet, source, target);
        // The first router has no incoming interface to write.
        const from = isSame ? 0 : 1;
        const complete = Math.min(forward.length - from, Math.floor((stamps.length - from) / 2));
        for (let i = 0; i < complete; i++) {
          const pair = stamps.slice(from + 2 * i, from + 2 * i + 2);
          const router = forward[from + i];
          expect(pair.map((stamp) => internet.truth.routerOf(stamp))).toEqual([router, router]);
          expect(pair[0] === pair[1]).toBe(isSame);
          pairs++;
        }
      }
      expect(pairs).toBeGreaterThan(100);
    }
  });
});

describe('destinations that stamp another of their addresses', () => {
  it('do so in the place of the address that was asked', async () => {
    const plain = { destinationNeverStamps: 0, destinationStampsTwice: 0 };
    const usual = await recordRoutes(build(plain));
    const alias = await recordRoutes(build({ ...plain, destinationStampsAlias: 1 }));
    expect(alias.length).toBe(usual.length);
    const own = usual.filter(({ target, stamps }) => stamps?.includes(target) === true);
    expect(own.length).toBeGreaterThan(10);
    for (const { target, stamps = [] } of own) {
      const at = stamps.indexOf(target);
      const other = alias.find((route) => route.target === target)?.stamps ?? [];
      expect(other).not.toContain(target);
      expect(other.toSpliced(at, 1)).toEqual(stamps.toSpliced(at, 1));
      expect(Math.floor(other[at] / 256)).toBe(Math.floor(target / 256));
    }
  });

  it('is a loopback for a router that is asked at an interface', async () => {
    const internet = build({ destinationNeverStamps: 0, destinationStampsTwice: 0, destinationStampsAlias: 1 });
    const { truth, topology, places, clock } = internet;
    const [{ address: source }] = places.sources;
    let found = 0;
    for (const target of places.hitlist.slice(0, 40)) {
      const router = truth.path(source, target, clock.now()).routers[1];
      const asked = topology.interfaces.address[topology.routers.firstInterface[router]];
      const [reply] = await exchange(internet, echo(source, asked, 64, RECORD_ROUTE), source);
      if (reply?.recordRoute?.includes(topology.routers.loopback[router]) === true) found++;
    }
    expect(found).toBeGreaterThan(0);
  });
});

describe('third-party addresses', () => {
  /** Sources of time-exceeded messages along the paths to some targets, each with the routers around the sender. */
  async function errorsAlong(internet: SimulatedInternet): Promise<{ from: number; router: number; back: number[] }[]> {
    const [{ address: source }] = internet.places.sources;
    const seen: { from: number; router: number; back: number[] }[] = [];
    for (const target of internet.places.hitlist.slice(0, 25)) {
      const { routers } = internet.truth.path(source, target, internet.clock.now());
      for (let ttl = 2; ttl <= Math.min(8, routers.length); ttl++) {
        const [error] = await exchange(internet, echo(source, target, ttl), source);
        const router = routers[ttl - 1];
        const loopback = internet.topology.routers.loopback[router];
        const back = internet.truth.path(loopback, source, internet.clock.now()).routers;
        if (error?.type === ICMP.timeExceeded) seen.push({ from: error.source, router, back: [...back] });
      }
    }
    return seen;
  }

  const farEndOf = ({ topology: { interfaces, interfaceOf } }: SimulatedInternet, address: number): number =>
    interfaces.router[interfaces.peer[interfaceOf.get(address) ?? -1]];

  it('are the addresses of the interface towards the source, where the way back differs', async () => {
    const internet = build({ errorFromEgress: 1, errorFromLoopback: 0, parallelLinks: 0.8, asymmetricCosts: 1 });
    const errors = await errorsAlong(internet);
    expect(errors.length).toBeGreaterThan(50);
    const onExchange = ({ from }: { from: number }): boolean => internet.topology.networkOf.lookup(from) < 0;
    for (const { from, router, back } of errors.filter((error) => !onExchange(error))) {
      expect(routerOf(internet.topology, from)).toBe(router);
      expect(farEndOf(internet, from)).toBe(back[1]);
    }
  });

  it('are absent when no router answers from that interface', async () => {
    const internet = build({ errorFromEgress: 0, errorFromLoopback: 0, parallelLinks: 0.8, asymmetricCosts: 1 });
    const errors = await errorsAlong(internet);
    const elsewhere = errors.filter(({ from, back }) => farEndOf(internet, from) !== back[1]);
    expect(elsewhere.length).toBeGreaterThan(5);
  });
});
