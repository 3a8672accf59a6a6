import { buildIcmpError, ICMP, type IcmpPacket } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { SimError, SimulatedInternet, simParameters } from '../src/index.ts';
import { build, echo, exchange, RECORD_ROUTE } from './exchange.ts';

describe('forwarding', () => {
  it('lets a packet expire at the true router of each hop, which answers from one of its addresses and quotes it', async () => {
    const internet = build();
    const { places, truth, clock } = internet;
    const [{ address: source }] = places.sources;
    for (const destination of places.hitlist.slice(0, 30)) {
      const { routers } = truth.path(source, destination, clock.now());
      for (const [i, router] of routers.entries()) {
        const [error] = await exchange(internet, echo(source, destination, i + 1), source);
        expect(error).toMatchObject({
          type: ICMP.timeExceeded,
          quoted: { source, destination, identifier: 7, sequence: 9 },
        });
        expect(truth.routerOf(error.source)).toBe(router);
      }
    }
  });

  it('decrements the TTL once at each router, in both directions', async () => {
    const internet = build();
    const { places, truth, clock } = internet;
    const [{ address: source }] = places.sources;
    const [{ address: other }] = places.vantagePoints;
    const [reply] = await exchange(internet, echo(source, other), source);
    expect(reply).toMatchObject({
      type: ICMP.echoReply,
      source: other,
      destination: source,
      identifier: 7,
      sequence: 9,
    });
    expect(64 - reply.ttl).toBe(truth.path(other, source, clock.now()).routers.length);
    expect([...reply.payload]).toEqual([1, 2, 3, 4]);
  });

  it('stamps Record Route in the order of the true path, each router at most once', async () => {
    const internet = build({ stampPrivate: 0 });
    const { places, truth, clock } = internet;
    const [{ address: source }] = places.sources;
    let answered = 0;
    for (const destination of places.hitlist.slice(0, 60)) {
      const [reply] = await exchange(
        internet,
        echo(source, destination, 64, { type: 'recordRoute', slots: 9 }),
        source,
      );
      if (reply === undefined) continue;
      answered++;
      const passed = [
        ...truth.path(source, destination, clock.now()).routers,
        -1,
        ...truth.path(destination, source, clock.now()).routers,
      ];
      let at = 0;
      for (const stamp of reply.recordRoute ?? []) {
        const router = stamp === destination ? -1 : truth.routerOf(stamp);
        const found = passed.indexOf(router, stamp === destination ? 0 : at);
        expect(found).toBeGreaterThanOrEqual(0);
        at = stamp === destination ? found : found + 1;
      }
    }
    expect(answered).toBeGreaterThan(20);
  });

  it('lets spoofed packets out only of networks that do not filter', async () => {
    const internet = build({ spoofingAllowed: 0.5 });
    const { places, network } = internet;
    const [{ address: victim }] = places.sources;
    const senders = [...places.vantagePoints, ...places.sources.slice(1)].map(({ address }) => address);
    const outcomes = new Set<boolean>();
    network.attach(places.vantagePoints[0].address, () => undefined);
    for (const sender of senders) {
      const arrived = await exchange(internet, echo(victim, places.vantagePoints[0].address), sender, victim);
      outcomes.add(network.allowsSpoofing(sender));
      expect(arrived.length).toBe(network.allowsSpoofing(sender) ? 1 : 0);
    }
    expect(outcomes.size).toBe(2);
  });

  it('loses what hosts send while it is silent', async () => {
    const internet = build();
    const [{ address: source }] = internet.places.sources;
    const [{ address: other }] = internet.places.vantagePoints;
    internet.network.suffer('silence');
    expect(await exchange(internet, echo(source, other), source)).toEqual([]);
    internet.network.suffer(undefined);
    expect(await exchange(internet, echo(source, other), source)).toHaveLength(1);
  });

  it('refuses what hosts send while it is prohibited, with an error from their first router that quotes it', async () => {
    const internet = build();
    const { places, truth, clock, network } = internet;
    const [{ address: source }] = places.sources;
    const [{ address: other }] = places.vantagePoints;
    const [firstRouter] = truth.path(source, other, clock.now()).routers;
    network.suffer('prohibited');
    const [error] = await exchange(internet, echo(source, other), source);
    // RFC 1812, section 5.2.7.1: communication administratively prohibited.
    expect(error).toMatchObject({ type: 3, code: 13, quoted: { source, destination: other, identifier: 7 } });
    expect(truth.routerOf(error.source)).toBe(firstRouter);
    network.suffer(undefined);
    expect(await exchange(internet, echo(source, other), source)).toMatchObject([{ type: ICMP.echoReply }]);
  });

  it('names other routers on the way back while stamps are false, and the right ones on the way there', async () => {
    const internet = build({ stampPrivate: 0 });
    const { places, truth, clock, network } = internet;
    const [{ address: source }] = places.sources;
    const seen = { right: 0, wrong: 0 };
    for (const other of places.hitlist.slice(0, 60)) {
      const probe = (): Promise<IcmpPacket[]> => exchange(internet, echo(source, other, 64, RECORD_ROUTE), source);
      const [honest] = await probe();
      network.suffer('falseStamps');
      const [reply] = await probe();
      network.suffer(undefined);
      const turn = honest?.recordRoute?.indexOf(other) ?? -1;
      if (turn < 0) continue;
      expect(reply?.recordRoute?.slice(0, turn + 1)).toEqual(honest?.recordRoute?.slice(0, turn + 1));
      const way = truth.possibleRouters(other, source, clock.now());
      for (const stamp of reply?.recordRoute?.slice(turn + 1) ?? [])
        seen[way.has(truth.routerOf(stamp)) ? 'right' : 'wrong']++;
    }
    expect(seen.wrong).toBeGreaterThan(20);
    expect(seen.right).toBeLessThan(seen.wrong / 4);
  });

  it('never answers an error with an error, and loses malformed packets quietly', async () => {
    const internet = build();
    const [{ address: source }] = internet.places.sources;
    const [destination] = internet.places.hitlist;
    const error = buildIcmpError(echo(source, destination), 0, {
      type: ICMP.timeExceeded,
      code: 0,
      source,
      destination,
      ttl: 2,
    });
    expect(await exchange(internet, error, source)).toEqual([]);
    expect(await exchange(internet, new Uint8Array(5), source)).toEqual([]);
    expect(await exchange(internet, echo(source, 0x7f000001), source)).toEqual([]);
    expect(() => internet.network.send(echo(source, destination), 0x7f000001)).toThrow(SimError);
  });

  it('limits the rate of errors of routers that are configured so', async () => {
    const internet = build({ rateLimitedRouter: 1, rateLimitPerSecond: 10 });
    const [{ address: source }] = internet.places.sources;
    const [destination] = internet.places.hitlist;
    let errors = 0;
    const detach = internet.network.attach(source, () => errors++);
    for (let i = 0; i < 100; i++) internet.network.send(echo(source, destination, 1), source);
    await internet.clock.drive(internet.clock.sleep(1_000));
    detach();
    expect(errors).toBe(10);
  });

  it('hides the routers of tunnels, or shows them with labels', async () => {
    const lengths = [];
    for (const changes of [{}, { hiddenTunnels: 1 }, { visibleTunnels: 1 }]) {
      const internet = build(changes);
      const { places, clock } = internet;
      const prober = internet.prober();
      const hops = [];
      for (const target of places.hitlist.slice(0, 40)) {
        const request = { type: 'traceroute', sender: places.sources[0].address, target, timeoutMs: 3_000 } as const;
        hops.push(...(await clock.drive(prober.traceroute(request))).hops);
      }
      lengths.push({ hops: hops.length, labelled: hops.filter(({ labels }) => labels !== undefined).length });
    }
    const [plain, hidden, visible] = lengths;
    expect(hidden.hops).toBeLessThan(plain.hops);
    expect(visible.hops).toBe(plain.hops);
    expect([plain.labelled, hidden.labelled]).toEqual([0, 0]);
    expect(visible.labelled).toBeGreaterThan(0);
  });
});

describe('events', () => {
  it('move the path when a link fails, and back when it recovers; the ground truth covers both times', async () => {
    const internet = build();
    const { places, truth, clock, topology } = internet;
    const [{ address: source }] = places.sources;
    const start = clock.now();
    const moved = places.hitlist.flatMap((destination) => {
      const { routers } = truth.path(source, destination, start);
      return routers.slice(1).map((router, i) => ({ destination, from: routers[i], to: router }));
    });
    const linkOf = (from: number, to: number): number =>
      topology.interfaces.router.findIndex(
        (router, i) => router === from && topology.interfaces.router[topology.interfaces.peer[i]] === to,
      );
    const { destination, from, to } = moved[Math.floor(moved.length / 2)];
    const iface = linkOf(from, to);
    internet.schedule({ type: 'linkDown', interface: iface }, start + 1_000);
    internet.schedule({ type: 'linkUp', interface: iface }, start + 2_000);
    const before = truth.path(source, destination, start);
    const during = truth.path(source, destination, start + 1_500);
    const after = truth.path(source, destination, start + 2_500);
    expect(during.routers).not.toEqual(before.routers);
    expect(after).toEqual(before);
    await clock.drive(clock.sleep(1_500));
    if (during.reached) {
      const [error] = await exchange(internet, echo(source, destination, during.routers.length), source);
      expect(truth.routerOf(error.source)).toBe(during.routers[during.routers.length - 1]);
    }
    expect(() => internet.schedule({ type: 'linkUp', interface: iface }, start)).toThrow(SimError);
    expect(() => internet.schedule({ type: 'linkUp', interface: 10 ** 9 }, start + 9_000)).toThrow(SimError);
  });

  it('move traffic to another provider when a network prepends', () => {
    const internet = build();
    const { topology, truth, clock, places } = internet;
    const { adjacencies, networks } = topology;
    const start = clock.now();
    const changed = places.hitlist.some((destination) => {
      const network = topology.networkOf.lookup(destination);
      const providers = Array.from(
        { length: adjacencies.first[network + 1] - adjacencies.first[network] },
        (_, i) => adjacencies.first[network] + i,
      ).filter((i) => adjacencies.relation[i] === 2);
      if (providers.length < 2) return false;
      const path = truth.path(places.sources[0].address, destination, clock.now()).asPath;
      const used = providers.find((i) => networks.numbers[adjacencies.neighbour[i]] === path[path.length - 2]);
      if (used === undefined) return false;
      internet.schedule({ type: 'prepend', network, neighbour: adjacencies.neighbour[used], count: 5 }, start);
      const now = truth.path(places.sources[0].address, destination, clock.now()).asPath;
      return now[now.length - 2] !== path[path.length - 2];
    });
    expect(changed).toBe(true);
  });
});

describe('determinism', () => {
  it('gives the same answers to the same probes', async () => {
    const run = async (): Promise<unknown> => {
      const internet = new SimulatedInternet({ parameters: simParameters('small', 4) });
      const { places, clock } = internet;
      const prober = internet.prober();
      const pings = places.hitlist.slice(0, 50).map((target) =>
        prober.ping({
          type: 'ping',
          sender: places.sources[0].address,
          target,
          option: { type: 'recordRoute', slots: 9 },
          timeoutMs: 2_000,
        }),
      );
      return clock.drive(Promise.all(pings));
    };
    expect(await run()).toEqual(await run());
  });
});
