import type { Random } from '@revtr/probing';
import { sampleWeighted } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { customerConeSizes } from '../topology/customer-cones.ts';
import { isAnycast, type Topology } from '../topology/topology.ts';

/** Networks with one probe, of those with any: 70 % (January 2019). */
const SINGLE = 0.7;
/** Exponent of the number of further probes (Pareto); the ten networks with most probes had 18 % of 10,231 probes (January 2019). */
const TAIL = 1.5;
const MOST_FURTHER = 40;
const MOST_IN_PREFIX = 20;

/** Chooses the host prefix of each probe: networks with large customer cones more often, some networks with several probes. */
export function chooseProbePrefixes(topology: Topology, parameters: SimParameters, random: Random): number[] {
  const { networks, routers, hosts, adjacencies } = topology;
  const prefixesOf = new Map<number, number[]>();
  hosts.router.forEach((router, prefix) => {
    if (isAnycast(topology, prefix)) return;
    const list = prefixesOf.get(routers.network[router]) ?? [];
    list.push(prefix);
    prefixesOf.set(routers.network[router], list);
  });
  const weights = Array.from(customerConeSizes(adjacencies), (cone) => 1 + parameters.atlasConeBias * Math.log10(cone));
  const chosen = sampleWeighted(weights, Math.round(parameters.atlasProbeNetworks * networks.count), random);
  return chosen.flatMap((network) => {
    const prefixes = prefixesOf.get(network);
    if (prefixes === undefined) return [];
    const count = Math.min(1 + furtherProbes(parameters, random), MOST_IN_PREFIX * prefixes.length);
    return Array.from({ length: count }, (_, i) => prefixes[i % prefixes.length]);
  });
}

function furtherProbes({ atlasFurtherProbes }: SimParameters, random: Random): number {
  if (random.chance(SINGLE)) return 0;
  const least = ((atlasFurtherProbes / (1 - SINGLE)) * (TAIL - 1)) / TAIL;
  return Math.min(MOST_FURTHER, Math.max(1, Math.round(least * (1 - random.next()) ** (-1 / TAIL))));
}
