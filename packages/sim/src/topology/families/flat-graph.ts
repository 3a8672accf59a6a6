import type { Random } from '@revtr/probing';
import type { SimParameters } from '../../parameters/sim-parameters.ts';
import { type AsGraph, EdgeList, pickCity, pickNumbers, type Tier } from '../as-graph.ts';
import { CITIES } from '../cities.ts';

/** Networks without providers, and the share of networks that sell transit. */
const BACKBONES = 6;
const TRANSIT_SHARE = 0.1;
/** Share of the providers of transit networks that are backbones. */
const DIRECT_SHARE = 0.75;
/** Networks for each exchange, and the share of networks without customers that are on exchanges. */
const NETWORKS_PER_EXCHANGE = 40;
const STUBS_ON_EXCHANGES = 0.35;
/** Most members of an exchange with which one member peers. */
const MOST_PEERS = 12;

/**
 * Lays out a flat Internet: transit networks and stubs choose their providers evenly among those of their region, so degrees have no heavy
 * tail; every transit network and a third of the stubs are members of Internet exchanges and peer there with whom they meet.
 */
export function generateFlatGraph({ ases: count }: SimParameters, random: Random): AsGraph {
  const backbones = Math.min(BACKBONES, Math.max(2, Math.round(count / 10)));
  const transit = Math.max(2, Math.round(count * TRANSIT_SHARE));
  const tierOf = (i: number): Tier => (i < backbones ? 1 : i < backbones + transit ? 2 : 3);
  const tiers = Array.from({ length: count }, (_, i) => tierOf(i));
  const homes = tiers.map(() => pickCity(random));
  const edges = new EdgeList(count);
  for (let a = 0; a < backbones; a++) for (let b = 0; b < a; b++) edges.add(a, b, 'peer');
  const regionOf = (i: number): string => CITIES[homes[i]].region;
  for (let i = backbones; i < count; i++) {
    const near = range(backbones, Math.min(i, backbones + transit)).filter((p) => regionOf(p) === regionOf(i));
    const wanted = 1 + (random.chance(0.5) ? 1 : 0) + (random.chance(0.3) ? 1 : 0);
    for (let k = 0; k < wanted; k++) {
      const isDirect = near.length === 0 || random.chance(tiers[i] === 2 ? DIRECT_SHARE : 0);
      edges.add(isDirect ? random.below(backbones) : random.pick(near), i, 'customer');
    }
  }
  for (const members of exchangeMembers({ tiers, regionOf }, random))
    for (const member of members)
      for (let k = random.below(MOST_PEERS + 1); k > 0; k--) edges.add(random.pick(members), member, 'peer');
  return { tiers, homes, edges: edges.edges, numbers: pickNumbers(count, random) };
}

/** Members of each exchange. A network joins one to three exchanges, most often of its region. */
function exchangeMembers(
  { tiers, regionOf }: { readonly tiers: readonly Tier[]; readonly regionOf: (network: number) => string },
  random: Random,
): number[][] {
  const exchanges = Array.from({ length: Math.max(2, Math.round(tiers.length / NETWORKS_PER_EXCHANGE)) }, () => ({
    region: CITIES[pickCity(random)].region,
    members: [] as number[],
  }));
  tiers.forEach((tier, network) => {
    if (tier === 1 || (tier === 3 && !random.chance(STUBS_ON_EXCHANGES))) return;
    const near = exchanges.filter(({ region }) => region === regionOf(network));
    for (let k = 1 + random.below(3); k > 0; k--) {
      const choices = near.length > 0 && random.chance(0.85) ? near : exchanges;
      random.pick(choices).members.push(network);
    }
  });
  return exchanges.map(({ members }) => members).filter((members) => members.length > 1);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
