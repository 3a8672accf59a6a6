import { describe, expect, it } from 'vitest';
import type { SimulatedInternet } from '../src/index.ts';
import { build, echo, exchange, RECORD_ROUTE, recordRoutes } from './exchange.ts';

/** Every destination answers options and stamps itself once. */
const PLAIN = {
  stubDropsOptions: 0,
  transitDropsOptions: 0,
  hostAnswersOptions: 1,
  destinationNeverStamps: 0,
  destinationStampsTwice: 0,
};

const ROUTER_ANSWERS = { routerAnswersPing: 1, routerAnswersOptions: 1 };

/** The loopback of the router that a host is behind. */
function gatewayOf({ topology }: SimulatedInternet, host: number): number {
  return topology.routers.loopback[topology.hosts.router[topology.hostPrefixOf.lookup(host)]];
}

describe('networks that strip options', () => {
  it('let packets of their hosts out without them, and otherwise unchanged', async () => {
    const internet = build({ ...PLAIN, optionsStripped: 1 });
    const [{ address: source }] = internet.places.sources;
    for (const target of internet.places.hitlist.slice(0, 10)) {
      const [reply] = await exchange(internet, echo(source, target, 64, RECORD_ROUTE), source);
      expect(reply.recordRoute).toBeUndefined();
      expect([...reply.payload]).toEqual([1, 2, 3, 4]);
      expect(reply).toMatchObject({ source: target, destination: source, identifier: 7, sequence: 9 });
    }
  });

  it('strip the answers of their hosts, while those of routers and of other networks keep them', async () => {
    const internet = build({ ...PLAIN, optionsStripped: 0.5 });
    const { topology, places } = internet;
    const { stripsOptions } = topology.networks;
    const source = places.sources.find(({ address }) => stripsOptions[topology.networkOf.lookup(address)] === 0);
    const routes = await recordRoutes(internet, 60, source?.address);
    const keeps = ({ target }: { readonly target: number }): boolean =>
      stripsOptions[topology.networkOf.lookup(target)] === 0;
    expect(new Set(routes.map(keeps)).size).toBe(2);
    for (const route of routes) expect(route.stamps !== undefined).toBe(keeps(route));
  });
});

describe('networks that rewrite options', () => {
  it('set recorded addresses to 0.0.0.0 at their border and stamp behind them as usual', async () => {
    const usual = await recordRoutes(build({ ...PLAIN, stampPrivate: 0 }));
    const internet = build({ ...PLAIN, stampPrivate: 0, optionsRewritten: 0.2 });
    const rewritten = await recordRoutes(internet);
    expect(rewritten.length).toBe(usual.length);
    let zeroed = 0;
    rewritten.forEach(({ stamps = [] }, i) => {
      const expected = usual[i].stamps ?? [];
      const behind = stamps.lastIndexOf(0) + 1;
      expect(stamps.slice(0, behind)).toEqual(new Array(behind).fill(0));
      expect(stamps.slice(behind)).toEqual(expected.slice(behind));
      zeroed += behind;
    });
    expect(zeroed).toBeGreaterThan(20);
  });
});

describe('slow paths', () => {
  const slow = (optionsSlowPathPerSecond: number, optionsSlowPathLoss = 0) =>
    build({ ...PLAIN, optionsSlowPath: 1, optionsSlowPathPerSecond, optionsSlowPathLoss });

  it('forward packets with options at a rate of their own, and others without a limit', async () => {
    const internet = build({ ...PLAIN, optionsSlowPath: 1, optionsSlowPathPerSecond: 10, ...ROUTER_ANSWERS });
    const { network, clock, places } = internet;
    const [{ address: source }] = places.sources;
    const gateway = gatewayOf(internet, source);
    const flood = async (option?: typeof RECORD_ROUTE): Promise<number> => {
      let received = 0;
      const detach = network.attach(source, () => received++);
      for (let i = 0; i < 2_000; i++) network.send(echo(source, gateway, 64, option), source);
      await clock.drive(clock.sleep(5_000));
      detach();
      return received;
    };
    const limited = await flood(RECORD_ROUTE);
    expect(limited).toBeGreaterThanOrEqual(10);
    expect(limited).toBeLessThanOrEqual(1_000);
    expect(await flood(RECORD_ROUTE)).toBe(limited);
    expect(await flood()).toBe(2_000);
  });

  it('lose some packets with options even below the limit', async () => {
    const routes = await recordRoutes(slow(1_000, 0.1));
    const all = await recordRoutes(slow(1_000));
    expect(routes.length).toBeLessThan(all.length);
    expect(routes.length).toBeGreaterThan(0);
  });

  it('delay packets with options, most of them little and some much', async () => {
    const changes = {
      optionsSlowPath: 1,
      optionsSlowPathPerSecond: 1_000,
      routerAnswersPing: 1,
      routerAnswersOptions: 1,
    };
    const internet = build({ ...PLAIN, ...changes });
    const { network, clock, places, truth, topology } = internet;
    const [{ address: source }] = places.sources;
    const gateway = topology.routers.loopback[truth.path(source, places.hitlist[0], clock.now()).routers[0]];
    const rtts = async (option?: typeof RECORD_ROUTE): Promise<number[]> => {
      const times: number[] = [];
      for (let i = 0; i < 200; i++) {
        const sentAt = clock.now();
        const detach = network.attach(source, () => times.push(clock.now() - sentAt));
        network.send(echo(source, gateway, 64, option), source);
        await clock.drive(clock.sleep(5_000));
        detach();
      }
      return times.sort((a, b) => a - b);
    };
    const plain = await rtts();
    const delays = (await rtts(RECORD_ROUTE)).map((rtt) => rtt - plain[0]);
    expect(plain[199] - plain[0]).toBeLessThan(0.01);
    expect(delays[0]).toBeGreaterThan(0);
    expect(delays[100]).toBeLessThan(20);
    expect(delays[199]).toBeGreaterThan(5 * delays[100]);
  });
});

describe('limits', () => {
  it('of ICMP errors see packets in order of arrival, when the profile says so', async () => {
    for (const limitsByArrival of [0, 1]) {
      const internet = build({ rateLimitedRouter: 1, rateLimitPerSecond: 1, limitsByArrival });
      const { truth, topology, clock, network, places } = internet;
      // A router that is far from one host and near another one, both of which send to it at the same time, the far one first.
      const [{ address: near }] = places.sources;
      const router = truth.path(near, places.hitlist[0], clock.now()).routers[0];
      const target = topology.routers.loopback[router];
      const far = places.vantagePoints
        .map(({ address }) => ({ address, hops: truth.path(address, target, clock.now()).routers.length }))
        .sort((a, b) => b.hops - a.hops)[0];
      const answered: string[] = [];
      network.attach(near, () => answered.push('near'));
      network.attach(far.address, () => answered.push('far'));
      // Behind the router a TTL of zero is left: it expires there.
      const beyond = places.hitlist.find(
        (host) => topology.hosts.router[topology.hostPrefixOf.lookup(host)] === router,
      );
      network.send(echo(far.address, beyond ?? 0, far.hops), far.address);
      network.send(echo(near, beyond ?? 0, 1), near);
      await clock.drive(clock.sleep(5_000));
      expect(answered).toEqual([limitsByArrival === 0 ? 'far' : 'near']);
    }
  });
});
