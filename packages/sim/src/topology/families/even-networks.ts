import type { Random } from '@revtr/probing';
import { standardNormal } from '../../draws.ts';
import type { SimParameters } from '../../parameters/sim-parameters.ts';
import { type AsGraph, degreesOf } from '../as-graph.ts';
import { othersByDistance } from '../cities.ts';
import type { NetworkPlan, RouterPlan } from '../plan-networks.ts';

/** Mean weight of a network in the share of routers, by tier. */
const WEIGHTS = { 1: 30, 2: 12, 3: 4 } as const;
/** Every third router of a city carries links to other cities. */
const CORE_EVERY = 3;

/** Shares the routers among the networks by a log-normal distribution, which has no heavy tail, and places them in cities. */
export function planEvenNetworks(graph: AsGraph, { routers: all }: SimParameters, random: Random): NetworkPlan[] {
  const neighbours = degreesOf(graph.edges, graph.tiers.length);
  const weights = graph.tiers.map((tier) => WEIGHTS[tier] * Math.exp(0.5 * standardNormal(random)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const spare = all - graph.tiers.length;
  return graph.tiers.map((tier, i): NetworkPlan => {
    const count = 1 + Math.round((spare * weights[i]) / total);
    const most = tier === 3 ? 2 : tier === 2 ? 4 : 12;
    const cities = citiesAround(graph.homes[i], Math.max(1, Math.min(most, Math.floor(count / 4))), random);
    const routers = cities.flatMap((city, c) =>
      Array.from(
        { length: Math.floor(count / cities.length) + (c < count % cities.length ? 1 : 0) },
        (_, k): RouterPlan => ({ city, core: k % CORE_EVERY === 0, behind: -1 }),
      ),
    );
    const hostPrefixes = 1 + random.below(tier === 3 ? 6 : 12);
    return { routers, hostPrefixes, neighbours: neighbours[i], bordersInTurn: false };
  });
}

/** The home city and others among the nearest ones. */
function citiesAround(home: number, count: number, random: Random): number[] {
  const others = othersByDistance(home).slice(0, 2 * count);
  return [home, ...random.shuffle(others).slice(0, count - 1)];
}
