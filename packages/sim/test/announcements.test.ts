import { ICMP } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { isAnycast, type NetworkEvent, SimulatedInternet, simParameters, Timeline } from '../src/index.ts';
import { applyEvent, INITIAL_STATE } from '../src/routing/network-state.ts';
import { findDestination, Routing } from '../src/routing/routing.ts';
import { echo, exchange } from './exchange.ts';

/** Everything that announcements and links do, and nothing that loses probes or lets paths vary. */
const CHANGES = {
  perFlowBalancing: 0,
  perPacketBalancing: 0,
  perAddressBalancing: 0,
  hiddenTunnels: 0,
  visibleTunnels: 0,
  reroutingTunnels: 0,
  sharedPrivateStamps: 0,
  silentRouter: 0,
  rateLimitedRouter: 0,
  linkLoss: 0,
  congestedLinks: 0,
  reordering: 0,
  hostDelay: 0,
  hostsOfTtl128: 0,
  hostsOfTtl255: 0,
  natNetworks: 0,
  carrierGradeNat: 0,
  anycastPrefixes: 0.1,
  selectiveAnnouncements: 0.3,
  perPrefixPolicies: 0.3,
  customerNumberedLinks: 0.3,
};

const build = (changes = {}): SimulatedInternet =>
  new SimulatedInternet({ parameters: simParameters('medium', 31, { ...CHANGES, ...changes }, 'published') });

/** The routers at which a packet to `destination` expires, in order. */
async function expiringRouters(internet: SimulatedInternet, destination: number, hops: number): Promise<number[]> {
  const { places, truth } = internet;
  const [{ address: source }] = places.sources;
  const routers: number[] = [];
  for (let ttl = 1; ttl <= hops; ttl++) {
    const [error] = await exchange(internet, echo(source, destination, ttl), source);
    if (error?.type === ICMP.timeExceeded) routers.push(truth.routerOf(error.source));
  }
  return routers;
}

describe('announcements', () => {
  it('lead packets along the true path, also to anycast, selective and split prefixes', async () => {
    const internet = build();
    const { places, truth, clock } = internet;
    const random = createRandom(1);
    for (let i = 0; i < 40; i++) {
      const destination = random.pick(places.hitlist);
      const { routers, reached } = truth.path(places.sources[0].address, destination, clock.now());
      expect(reached).toBe(true);
      expect(await expiringRouters(internet, destination, routers.length)).toEqual(routers);
    }
  });

  it('lead packets along the true path of the moment while links fail and recover', async () => {
    const internet = build({ linkFailuresPerDay: 1, linkFailureMinutes: 240 });
    const { places, truth, clock } = internet;
    const random = createRandom(2);
    const destinations = Array.from({ length: 6 }, () => random.pick(places.hitlist));
    const paths = new Set<string>();
    for (let hour = 0; hour < 5; hour++) {
      for (const destination of destinations) {
        const start = clock.now();
        const path = (): readonly number[] => truth.path(places.sources[0].address, destination, clock.now()).routers;
        const before = path();
        const seen = await expiringRouters(internet, destination, before.length);
        paths.add(before.join());
        // No event between the first and the last probe.
        if (path().join() === before.join() && truth.path(places.sources[0].address, destination, clock.now()).reached)
          expect(seen).toEqual(before);
        expect(truth.path(places.sources[0].address, destination, start).routers).toEqual(before);
      }
      await clock.drive(clock.sleep(3_600_000));
    }
    expect(paths.size).toBeGreaterThan(destinations.length);
  });

  it('withhold a prefix from a provider, which then has another way to it', () => {
    const { topology, truth, places, clock } = build();
    const { adjacencies, announcements, hosts, hostPrefixOf, networks } = topology;
    let withheld = 0;
    for (const destination of places.hitlist.slice(0, 1_500)) {
      const index = hosts.announcement[hostPrefixOf.lookup(destination)];
      if (index < 0 || announcements[index].sites.size > 1) continue;
      const [origin] = announcements[index].sites.keys();
      const providers = [...announcements[index].withheld].map((i) => networks.numbers[adjacencies.neighbour[i]]);
      for (const { address } of places.vantagePoints.slice(0, 2)) {
        const { asPath, reached } = truth.path(address, destination, clock.now());
        if (asPath.length < 2) continue;
        expect(reached).toBe(true);
        expect(asPath[asPath.length - 1]).toBe(networks.numbers[origin]);
        expect(providers).not.toContain(asPath[asPath.length - 2]);
        withheld += providers.length;
      }
    }
    expect(withheld).toBeGreaterThan(20);
  });

  it('catch packets to an anycast prefix at different sites, each of which answers', async () => {
    const internet = build();
    const { topology, truth, places, clock } = internet;
    const anycast = places.hitlist.filter((address) => isAnycast(topology, topology.hostPrefixOf.lookup(address)));
    expect(anycast.length).toBeGreaterThan(20);
    let several = 0;
    for (const address of anycast.slice(0, 20)) {
      const sites = new Set<number>();
      for (const { address: sender } of places.vantagePoints) {
        const { routers, reached } = truth.path(sender, address, clock.now());
        expect(reached).toBe(true);
        sites.add(routers[routers.length - 1]);
        const back = truth.path(address, sender, clock.now());
        expect(back.routers[0]).toBe(routers[routers.length - 1]);
      }
      if (sites.size > 1) several++;
      const [{ address: source }] = places.sources;
      const [reply] = await exchange(internet, echo(source, address), source);
      expect(reply).toMatchObject({ type: ICMP.echoReply, source: address });
      expect(64 - reply.ttl).toBe(truth.path(address, source, clock.now()).routers.length);
    }
    expect(several).toBeGreaterThan(10);
  });
});

describe('routing after events', () => {
  it('is the same whether tables with all links up are shared or all are computed', () => {
    const { topology, places, clock } = build();
    const random = createRandom(3);
    const { adjacencies, interfaces, networks, routers } = topology;
    const timeline = new Timeline(topology);
    let state = INITIAL_STATE;
    const apply = (event: NetworkEvent): void => {
      timeline.add(event, clock.now());
      state = applyEvent(topology, state, event);
    };
    for (let i = 0; i < 60; i++) {
      apply({ type: 'linkDown', interface: random.below(interfaces.count) });
      if (i % 10 !== 5) continue;
      const network = random.below(networks.count);
      const neighbour = adjacencies.neighbour[adjacencies.first[network]];
      apply({ type: 'prepend', network, neighbour, count: random.below(4) });
    }
    const initial = new Routing(topology, INITIAL_STATE);
    const [shared, own] = [timeline.at(clock.now()), new Routing(topology, state)];
    let moved = 0;
    for (let i = 0; i < 100; i++) {
      const to = findDestination(topology, random.pick(places.hitlist));
      if (to === undefined) continue;
      for (let k = 0; k < 40; k++) {
        const router = random.below(routers.count);
        expect(shared.nextInterface(router, to)).toBe(own.nextInterface(router, to));
        expect(shared.alternative(router, to)).toBe(own.alternative(router, to));
        if (initial.nextInterface(router, to) !== own.nextInterface(router, to)) moved++;
      }
    }
    expect(moved).toBeGreaterThan(10);
  });
});
