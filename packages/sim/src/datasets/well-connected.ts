import type { Random } from '@revtr/probing';
import { pickWeighted } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { CITIES } from '../topology/cities.ts';
import { customerConeSizes } from '../topology/customer-cones.ts';
import { isAnycast, type Topology } from '../topology/topology.ts';

/** How much more often a vantage point is in a data centre, directly behind a core router. */
const AT_CORE = 10;

/**
 * Chooses host prefixes for vantage points like the sites of M-Lab: in transit networks that let spoofed packets out, the large ones
 * more often, near their core routers, spread over the large cities. The first ones are in different cities.
 */
export function chooseWellConnected(topology: Topology, parameters: SimParameters, random: Random): number[] {
  const wanted = Math.round(parameters.wellConnectedVantagePoints * parameters.vantagePoints);
  if (wanted === 0) return [];
  const { networks, routers, hosts, adjacencies } = topology;
  const cones = customerConeSizes(adjacencies);
  const isFit = (network: number): boolean =>
    networks.spoofingAllowed[network] === 1 &&
    networks.dropsOptions[network] === 0 &&
    networks.stripsOptions[network] === 0 &&
    networks.tiers[network] !== 3;
  const hosting = new Set(
    [...cones.keys()]
      .filter(isFit)
      .sort((a, b) => cones[b] - cones[a])
      .slice(0, parameters.vantagePointNetworks),
  );
  const byCity = new Map<number, { prefix: number; weight: number }[]>();
  hosts.router.forEach((router, prefix) => {
    const network = routers.network[router];
    if (!hosting.has(network) || isAnycast(topology, prefix) || routers.depth[router] > 1) return;
    const here = byCity.get(routers.city[router]) ?? [];
    here.push({ prefix, weight: cones[network] ** 2 * (routers.depth[router] === 0 ? AT_CORE : 1) });
    byCity.set(routers.city[router], here);
  });
  const draw = <T>(items: readonly T[], weightOf: (item: T) => number): T =>
    items[pickWeighted(0, items.length, random, (i) => weightOf(items[i]))];
  const chosenIn = new Map<number, number>();
  const chosen: number[] = [];
  while (chosen.length < wanted && byCity.size > 0) {
    const city = draw([...byCity.keys()], (c) => CITIES[c].weight ** 1.5 / (1 + (chosenIn.get(c) ?? 0)) ** 1.5);
    const here = byCity.get(city) ?? [];
    const site = draw(here, ({ weight }) => weight);
    chosen.push(site.prefix);
    chosenIn.set(city, (chosenIn.get(city) ?? 0) + 1);
    if (here.length === 1) byCity.delete(city);
    else
      byCity.set(
        city,
        here.filter((other) => other !== site),
      );
  }
  return chosen;
}
