import type { Random } from '@revtr/probing';
import { sampleWeighted } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type AsGraph, degreesOf } from './as-graph.ts';
import { CITIES, othersByDistance } from './cities.ts';

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
  /** Whether its links to other networks end at its core routers in turn. */
  readonly bordersInTurn: boolean;
}

/** Shares the routers among the networks with a heavy tail, and places each network's routers in cities. */
export function planNetworks(graph: AsGraph, parameters: SimParameters, random: Random): NetworkPlan[] {
  const degrees = degreesOf(graph.edges, graph.tiers.length);
  const weights = graph.tiers.map((tier, i) => {
    const pareto = (1 - random.next()) ** (-1 / 1.6);
    if (tier === 1) return 40 + 6 * Math.sqrt(degrees[i]) * Math.min(pareto, 3);
    if (tier === 2) return (4 + 1.2 * Math.sqrt(degrees[i])) * Math.min(pareto, 12);
    return Math.min(pareto, 20);
  });
  const lines = graph.tiers.map((tier, i) => longLine(tier, parameters, random.fork(`access-${i}`)));
  const onLines = lines.reduce((sum, length, i) => (graph.tiers[i] === 3 ? sum + length : sum), 0);
  const spare = Math.max(0, parameters.routers - graph.tiers.length - onLines);
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  return graph.tiers.map((tier, i) => {
    const bordersInTurn = tier === 3 && degrees[i] > 1 && hasTwoBorders(parameters, random.fork(`borders-${i}`));
    const nearCore = Math.max(1 + Math.round((spare * weights[i]) / totalWeight), bordersInTurn ? 3 : 1);
    const routers = nearCore + (tier === 3 ? lines[i] : 0);
    const cityTotal = cityCount(tier, nearCore, parameters, random);
    const isGlobal = tier === 1 && random.fork(`backbone-${i}`).chance(parameters.globalBackbones);
    const cities = isGlobal ? placeGlobally(cityTotal, random) : placeCities(graph.homes[i], cityTotal, random);
    const plan: RouterPlan[] = [];
    cities.forEach((city, c) => {
      const here = Math.floor(routers / cities.length) + (c < routers % cities.length ? 1 : 0);
      const cores = bordersInTurn && here === 3 ? 2 : coreCount(here, tier === 3 ? 2 : parameters.coreRouters);
      for (let k = 0; k < here; k++) {
        const isOnLine = lines[i] > 0 && k > cores && (k - cores) % lines[i] !== 0;
        plan.push({ city, core: k < cores, behind: isOnLine ? plan.length - 1 : -1 });
      }
    });
    const hostPrefixes = countHostPrefixes(tier, plan.length, { ...parameters, degree: degrees[i] }, random);
    return { routers: plan, hostPrefixes, neighbours: degrees[i], bordersInTurn };
  });
}

/** Draws only if in use. */
const hasTwoBorders = ({ separateBorders }: SimParameters, random: Random): boolean =>
  separateBorders > 0 && random.chance(separateBorders);

/** Routers on each access line of a network that has long ones, within 40 % of the mean; 0 in other networks. */
function longLine(tier: number, { deepAccess, accessDepth }: SimParameters, random: Random): number {
  if (tier === 1 || !random.chance(deepAccess)) return 0;
  return Math.max(2, Math.round(accessDepth * (0.6 + 0.8 * random.next())));
}

function countHostPrefixes(
  tier: number,
  routers: number,
  { transitPrefixesPerRouter, degree }: { readonly transitPrefixesPerRouter: number; readonly degree: number },
  random: Random,
): number {
  if (tier === 3) {
    const pareto = Math.min(30, Math.floor((1 - random.next()) ** (-1 / 1.2)));
    return transitPrefixesPerRouter === 0 ? 1 + pareto : pareto;
  }
  const few = 2 + random.below(6);
  return transitPrefixesPerRouter === 0
    ? few
    : Math.max(few, Math.round(transitPrefixesPerRouter * Math.sqrt(routers * degree)));
}

function cityCount(
  tier: number,
  routers: number,
  { deepAccess, backboneCityRouters }: SimParameters,
  random: Random,
): number {
  const inCity = deepAccess === 0 ? 0 : 4;
  if (tier === 1) return Math.max(1, Math.min(CITIES.length - 6, Math.round(routers / backboneCityRouters)));
  if (tier === 2) return Math.max(1, Math.min(25, Math.round(routers / (5 + inCity)) + random.below(2)));
  return routers >= 6 && random.chance(0.4) ? 2 : 1;
}

const coreCount = (routers: number, most: number): number =>
  routers < 4 ? 1 : Math.min(most, Math.max(2, Math.floor(routers / 2)));

/** Cities anywhere, the large ones more often. */
const placeGlobally = (count: number, random: Random): number[] =>
  sampleWeighted(
    CITIES.map(({ weight }) => weight),
    count,
    random,
  );

/** The home city and the nearest others, some of them skipped so that networks differ. */
function placeCities(home: number, count: number, random: Random): number[] {
  const others = othersByDistance(home);
  const chosen = [home];
  while (chosen.length < count && others.length > 0) {
    const reach = Math.min(others.length, 4 + Math.floor(count / 3));
    chosen.push(others.splice(random.below(reach), 1)[0]);
  }
  return chosen;
}

/** How far each router of a network is from the core routers of its city; access lines of more than 255 routers count as 255. */
export function depthsOf(routers: readonly RouterPlan[]): number[] {
  const depths: number[] = [];
  for (const { core, behind } of routers) depths.push(core ? 0 : Math.min(255, behind < 0 ? 1 : depths[behind] + 1));
  return depths;
}
