import {
  defaultPlan,
  optionProbes,
  type Plan,
  type ReverseTraceroute,
  revtr1Plan,
  revtr2LabelledPlan,
  revtr2Plan,
} from '@revtr/engine';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../src/judging/judge.ts';
import { truthOf } from '../src/judging/truth.ts';

const PAIRS = 150;
const factsOf = ({ internet, ipToAs }: SimulatedWorld) => ({ truth: truthOf(internet), ipToAs });

async function measure(plan: Plan, seed: number): Promise<{ world: SimulatedWorld; results: ReverseTraceroute[] }> {
  const world = new SimulatedWorld({ parameters: simParameters('small', seed), sources: 3 });
  const results = await world.internet.clock.drive(
    (async () => {
      const engine = await world.engine(plan);
      const pairs = world.randomPairs(PAIRS);
      const done: ReverseTraceroute[] = [];
      for (const pair of pairs) done.push(await engine.measure(pair));
      return done;
    })(),
  );
  return { world, results };
}

describe.each([
  ['default', defaultPlan],
  ['revtr2', revtr2Plan],
  ['revtr2-labelled', revtr2LabelledPlan],
  ['revtr1', revtr1Plan],
])('plan %s on a simulated Internet', (name, plan) => {
  let world: SimulatedWorld;
  let results: ReverseTraceroute[];
  beforeAll(async () => {
    ({ world, results } = await measure(plan, 5));
  });

  it('ends every measurement with a reason, and keeps the hops of those that fail', () => {
    for (const { stopReason, failReason, hops, destination, source } of results) {
      expect(hops[0].address).toBe(destination);
      expect(failReason === undefined).toBe(stopReason !== 'failed');
      expect(hops[hops.length - 1].address === source).toBe(stopReason === 'reaches');
    }
    expect(results.filter(({ stopReason }) => stopReason === 'reaches').length).toBeGreaterThan(PAIRS / 2);
  });

  it('spends no more time in spoofed rounds than on the whole measurement', () => {
    for (const { startedAt, endedAt, stats } of results)
      expect(stats.spoofedRecordRouteMs).toBeLessThanOrEqual(endedAt - startedAt);
  });

  it('shows no router twice', () => {
    for (const { hops } of results) {
      const keys = hops.flatMap(({ address }) => world.aliases.routerKey(address) ?? []);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it('calls measured what the truth confirms', () => {
    const hops = results.flatMap((result) => judge(result, factsOf(world)).hops);
    const measured = hops.filter(({ trust, verdict }) => trust === 'measured' && verdict !== 'unjudged');
    expect(measured.length).toBeGreaterThan(300);
    expect(measured.filter(({ verdict }) => verdict === 'right').length / measured.length).toBeGreaterThan(0.97);
  });

  it('gives every hop evidence that fits its technique', () => {
    for (const { hops } of results) {
      for (const { technique, evidence, confidence } of hops) {
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThanOrEqual(1);
        if (technique.startsWith('assumed')) expect(evidence.type).toBe('symmetry');
        if (technique.startsWith('atlas')) expect(evidence.type).toBe('atlas');
        if (technique.endsWith('ecordRoute')) expect(['recordRoute', 'unfilledRecordRoute']).toContain(evidence.type);
        if (technique === 'standInSubnet')
          expect(['nearby', 'recordRoute', 'unfilledRecordRoute', 'proxy']).toContain(evidence.type);
        if (technique.startsWith('timestamp')) expect(evidence.type).toBe('timestamp');
      }
    }
  });

  it('is reproducible', async () => {
    expect((await measure(plan, 5)).results).toEqual(results);
  });

  const assumed = () =>
    results.flatMap(({ hops }) =>
      hops.flatMap(({ technique, trust, address, evidence }, i) =>
        evidence.type === 'symmetry'
          ? [{ technique, trust, address, evidence, before: hops[i - 1].address, i, first: hops[0] }]
          : [],
      ),
    );

  it('assumes only the router next to a destination as its gateway, in the network of the destination', () => {
    const { truth } = world.internet;
    for (const { evidence, address, technique, i, first } of assumed()) {
      if (!evidence.isGateway) continue;
      // The ground truth knows the operator of the router, independent of the origin of its address.
      expect(truth.asOf(truth.routerOf(address))).toBe(truth.path(first.address, address, 0).asPath[0]);
      expect([i, technique]).toEqual([1, 'assumedIntradomain']);
    }
  });

  it(`${name === 'revtr2' ? 'never assumes' : 'labels what it assumes'} across a border`, () => {
    const { truth } = world.internet;
    const labels = assumed().filter(({ evidence }) => !evidence.isGateway);
    for (const { trust } of labels) expect(trust).toBe('assumed');
    if (name === 'revtr2') for (const { technique } of labels) expect(technique).toBe('assumedIntradomain');
    // revtr2 takes the origin network of an address for the operator of the router. The default plan uses AS relationships.
    if (name !== 'default') return;
    const known = labels.flatMap(({ technique, address, before }) => {
      const routers = [address, before].map((hop) => truth.routerOf(hop));
      return routers.some((router) => router < 0)
        ? []
        : [{ technique, networks: routers.map((router) => truth.asOf(router)) }];
    });
    const right = known.filter(
      ({ technique, networks: [own, other] }) =>
        technique === (own === other ? 'assumedIntradomain' : 'assumedInterdomain'),
    );
    expect(right.length / known.length).toBeGreaterThan(0.8);
  });
});

describe('engine', () => {
  it('uses stand-ins for a silent destination, and labels no later hop as measured', async () => {
    const { results, world } = await measure(defaultPlan, 5);
    const standIn = ({ evidence }: ReverseTraceroute['hops'][number]): boolean =>
      evidence.type === 'nearby' || evidence.type === 'proxy';
    const paths = results.filter(({ hops }) => hops.some(standIn));
    expect(new Set(paths.flatMap(({ hops }) => hops.filter(standIn).map(({ evidence }) => evidence.type)))).toEqual(
      new Set(['nearby', 'proxy']),
    );
    for (const { hops } of paths) {
      const first = hops.findIndex(standIn);
      expect(hops.slice(first).some(({ trust }) => trust === 'measured')).toBe(false);
    }
    const judged = paths
      .flatMap((result) => judge(result, factsOf(world)).hops)
      .filter(({ verdict }) => verdict !== 'unjudged');
    expect(judged.filter(({ verdict }) => verdict === 'right').length / judged.length).toBeGreaterThan(0.8);
  });

  it('sends fewer probes with the default plan than with revtr2', async () => {
    const [ours, original] = [await measure(defaultPlan, 6), await measure(revtr2Plan, 6)];
    const total = ({ results }: { results: ReverseTraceroute[] }): number =>
      results.reduce((sum, { stats }) => sum + optionProbes(stats), 0);
    expect(total(ours)).toBeLessThan(total(original));
  });

  it('reuses measured hops and marks them, unless the options forbid it', async () => {
    const world = new SimulatedWorld({ parameters: simParameters('small', 5), sources: 1 });
    const { clock } = world.internet;
    const engine = await clock.drive(world.engine(defaultPlan));
    const pairs = world.randomPairs(40);
    const options = { useAtlas: false };
    for (const pair of pairs) await clock.drive(engine.measure({ ...pair, options }));
    const reused = [];
    const fresh = [];
    for (const pair of pairs) {
      reused.push(await clock.drive(engine.measure({ ...pair, options })));
      fresh.push(await clock.drive(engine.measure({ ...pair, options: { ...options, reuseMaxAgeMs: 0 } })));
    }
    const isReused = ({ hops }: ReverseTraceroute): boolean =>
      hops.some(({ reusedAgeMs }) => reusedAgeMs !== undefined);
    expect(reused.some(isReused)).toBe(true);
    expect(fresh.some(isReused)).toBe(false);
  });

  it('stops when cancelled, and keeps the hops it has found', async () => {
    const world = new SimulatedWorld({ parameters: simParameters('small', 5), sources: 1 });
    const { clock } = world.internet;
    const engine = await clock.drive(world.engine(defaultPlan));
    const abort = new AbortController();
    const [pair] = world.randomPairs(1);
    const measuring = engine.measure({ ...pair, options: { useAtlas: false } }, { signal: abort.signal });
    abort.abort();
    const result = await clock.drive(measuring);
    expect(result.stopReason).toBe('cancelled');
    expect(result.hops[0].address).toBe(pair.destination);
  });

  it('reports the path from the source to itself as trivial', async () => {
    const world = new SimulatedWorld({ parameters: simParameters('small', 5), sources: 1 });
    const { clock } = world.internet;
    const engine = await clock.drive(world.engine(defaultPlan));
    const [{ address }] = world.sources;
    const result = await clock.drive(engine.measure({ source: address, destination: address }));
    expect(result).toMatchObject({ stopReason: 'trivial', stats: { recordRoutePings: 0 } });
  });
});
