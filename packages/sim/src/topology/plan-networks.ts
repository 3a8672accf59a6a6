import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { AsGraph } from './as-graph.ts';
import { CITIES, distanceKm } from './cities.ts';

/** One router to build. */
export interface RouterPlan {
  readonly city: number;
  /** Core routers carry the links between cities; the others carry customers, peers and hosts. */
  readonly core: boolean;
  /** Rank of the router it hangs behind, as the end of an access line; -1 when it is connected to the core routers of its city. */
  readonly behind: number;
}

/** What one network will consist of. */
export interface NetworkPlan {
  readonly routers: readonly RouterPlan[];
  readonly hostPrefixes: number;
  /** How many networks it is connected to. */
  readonly neighbours: number;
}

/** Shares the routers among the networks with a heavy tail, and places each network's routers in cities. */
export function planNetworks(graph: AsGraph, parameters: SimParameters, random: Random): NetworkPlan[] {
  const degrees = new Array<number>(graph.tiers.length).fill(0);
  for (const { a, b } of graph.edges) {
    degrees[a]++;
    degrees[b]++;
  }
  const weights = graph.tiers.map((tier, i) => {
    const pareto = (1 - random.next()) ** (-1 / 1.6);
    if (tier === 1) return 40 + 6 * Math.sqrt(degrees[i]) * Math.min(pareto, 3);
    if (tier === 2) return (4 + 1.2 * Math.sqrt(degrees[i])) * Math.min(pareto, 12);
    return Math.min(pareto, 20);
  });
  const spare = parameters.routers - graph.tiers.length;
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  return graph.tiers.map((tier, i) => {
    const routers = 1 + Math.round((spare * weights[i]) / totalWeight);
    const cities = placeCities(graph.homes[i], cityCount(tier, routers, random), random);
    const lines = accessLines(tier, parameters.accessDepth, random.fork(`access-${i}`));
    const plan: RouterPlan[] = [];
    cities.forEach((city, c) => {
      const here = Math.floor(routers / cities.length) + (c < routers % cities.length ? 1 : 0);
      for (let k = 0; k < here; k++) {
        const core = k < coreCount(here);
        plan.push({ city, core, behind: k > coreCount(here) && lines() ? plan.length - 1 : -1 });
      }
    });
    const hostPrefixes =
      tier === 3 ? 1 + Math.min(30, Math.floor((1 - random.next()) ** (-1 / 1.2))) : 2 + random.below(6);
    return { routers: plan, hostPrefixes, neighbours: degrees[i] };
  });
}

/** Returns a function that says whether the next router extends the access line before it. Some networks have long lines, many have none. */
function accessLines(tier: number, depth: number, random: Random): () => boolean {
  if (tier === 1 || depth === 0) return () => false;
  const chance = random.next() ** (1 / depth - 1);
  return () => random.chance(chance);
}

function cityCount(tier: number, routers: number, random: Random): number {
  if (tier === 1) return Math.max(1, Math.min(CITIES.length - 6, Math.round(routers / 4)));
  if (tier === 2) return Math.max(1, Math.min(25, Math.round(routers / 5) + random.below(2)));
  return routers >= 6 && random.chance(0.4) ? 2 : 1;
}

const coreCount = (routers: number): number => (routers >= 4 ? 2 : 1);

/** The home city and the nearest others, some of them skipped so that networks differ. */
function placeCities(home: number, count: number, random: Random): number[] {
  const others = CITIES.map((_, i) => i)
    .filter((i) => i !== home)
    .sort((a, b) => distanceKm(CITIES[home], CITIES[a]) - distanceKm(CITIES[home], CITIES[b]));
  const chosen = [home];
  while (chosen.length < count && others.length > 0) {
    const reach = Math.min(others.length, 4 + Math.floor(count / 3));
    chosen.push(others.splice(random.below(reach), 1)[0]);
  }
  return chosen;
}
