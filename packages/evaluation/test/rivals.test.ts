import { atlasOnlyPlan, optionProbes, type Plan, revtr2LabelledPlan, revtr2Plan, symmetryPlan } from '@revtr/engine';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { describe, expect, it } from 'vitest';

const PAIRS = 120;

async function measure(plan: Plan) {
  const world = new SimulatedWorld({ parameters: simParameters('small', 7), sources: 2 });
  const { clock } = world.internet;
  const engine = await clock.drive(world.engine(plan));
  const results = [];
  for (const pair of world.randomPairs(PAIRS)) results.push(await clock.drive(engine.measure(pair)));
  return { world, results };
}

describe('plan symmetry', () => {
  it('shows the responsive routers of the forward traceroute, in reverse', async () => {
    const { world, results } = await measure(symmetryPlan);
    const prober = world.internet.prober();
    for (const { source, destination, hops } of results) {
      const request = {
        type: 'traceroute',
        sender: source,
        target: destination,
        timeoutMs: 2_000,
        attempts: 3,
      } as const;
      const traced = await world.internet.clock.drive(prober.traceroute(request));
      const forward = traced.hops.flatMap(({ from }) => (from === undefined || from === destination ? [] : [from]));
      const shown = hops.slice(1, -1).map(({ address }) => address);
      // A router that limits its answers, or balances load by packet, may answer only one of the two traceroutes.
      const common = shown.filter((address) => forward.includes(address));
      expect(common).toEqual(forward.toReversed().filter((address) => shown.includes(address)));
      expect(common.length).toBeGreaterThanOrEqual(shown.length - 2);
    }
  });

  it('sends no probe with options, and labels every hop', async () => {
    const { results } = await measure(symmetryPlan);
    expect(results.filter(({ stopReason }) => stopReason === 'reaches').length).toBeGreaterThan(0.95 * PAIRS);
    for (const { stats, hops } of results) {
      expect(optionProbes(stats)).toBe(0);
      for (const { trust } of hops.slice(1)) expect(trust).toBe('assumed');
    }
  });
});

describe('plan atlas-only', () => {
  it('joins the atlas without a probe that has options', async () => {
    const { results } = await measure(atlasOnlyPlan);
    expect(results.reduce((sum, { stats }) => sum + optionProbes(stats), 0)).toBe(0);
    const joined = results.filter(({ hops }) => hops.some(({ technique }) => technique === 'atlas'));
    expect(joined.length).toBeGreaterThan(PAIRS / 2);
  });
});

describe('plan revtr2-labelled', () => {
  it('completes what revtr2 completes, and continues with a label where it gives up', async () => {
    const [strict, labelled] = [await measure(revtr2Plan), await measure(revtr2LabelledPlan)];
    const gaveUp = strict.results.flatMap(({ failReason }, i) =>
      failReason?.code === 'interdomainSymmetry' ? [i] : [],
    );
    expect(gaveUp.length).toBeGreaterThan(PAIRS / 10);
    for (const i of gaveUp)
      expect(labelled.results[i].hops.some(({ technique }) => technique === 'assumedInterdomain')).toBe(true);
    const reached = ({ results }: typeof strict): number =>
      results.filter(({ stopReason }) => stopReason === 'reaches').length;
    expect(reached(labelled)).toBeGreaterThan(reached(strict));
  });

  it('sends fewer probes with the caches of the original than without', async () => {
    const { cache: _, ...withoutCache } = revtr2LabelledPlan;
    const [cached, uncached] = [await measure(revtr2LabelledPlan), await measure(withoutCache)];
    const total = ({ results }: typeof cached): number =>
      results.reduce((sum, { stats }) => sum + optionProbes(stats), 0);
    expect(total(cached)).toBeLessThan(0.97 * total(uncached));
  });
});
