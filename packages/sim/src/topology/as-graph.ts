import type { Random } from '@revtr/probing';
import { pickWeighted } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { CITIES } from './cities.ts';

/** Tier 1: no providers. Tier 2: transit. Tier 3: stub. */
export type Tier = 1 | 2 | 3;

/** A business relation between two networks, by index. */
export interface AsEdge {
  /** The provider, or either peer. */
  readonly a: number;
  /** The customer, or the other peer. */
  readonly b: number;
  readonly relation: 'customer' | 'peer';
}

/** Networks and their relations, before routers exist. */
export interface AsGraph {
  readonly tiers: readonly Tier[];
  /** Index into {@link CITIES}. */
  readonly homes: readonly number[];
  readonly edges: readonly AsEdge[];
  /** Public numbers. */
  readonly numbers: readonly number[];
}

/** Edges of which each pair of networks has at most one, and none leads to the network itself. */
export class EdgeList {
  readonly edges: AsEdge[] = [];
  readonly #networks: number;
  readonly #pairs = new Set<number>();

  constructor(networks: number) {
    this.#networks = networks;
  }

  /** Adds an edge between two networks that have none. Returns whether it did. */
  add(a: number, b: number, relation: AsEdge['relation']): boolean {
    const pair = Math.min(a, b) * this.#networks + Math.max(a, b);
    if (a === b || this.#pairs.has(pair)) return false;
    this.#pairs.add(pair);
    this.edges.push({ a, b, relation });
    return true;
  }
}

/** Number of edges at each of `networks` networks. */
export function degreesOf(edges: readonly AsEdge[], networks: number): number[] {
  const degrees = new Array<number>(networks).fill(0);
  for (const { a, b } of edges) {
    degrees[a]++;
    degrees[b]++;
  }
  return degrees;
}

/** Exponent of preferential attachment: over 1, so that regional choice does not flatten the tail of the degrees. */
const ATTACHMENT = 1.4;

/**
 * Grows a graph whose customer degrees have a heavy tail: a clique without providers, transit networks and stubs that
 * choose providers by preferential attachment, most often near home, and peerings inside regions.
 */
export function generateAsGraph(
  { ases: count, peering, regionalProviders, regionalPeers }: SimParameters,
  random: Random,
): AsGraph {
  const tier1 = Math.round(4 + 4.5 * Math.log10(count / 50));
  const transit = Math.round(count * 0.15);
  const tiers = Array.from({ length: count }, (_, i): Tier => (i < tier1 ? 1 : i < tier1 + transit ? 2 : 3));
  const homes = tiers.map(() => pickCity(random));
  const list = new EdgeList(count);
  const customers = new Array<number>(count).fill(0);
  const connect = (a: number, b: number, relation: AsEdge['relation']): void => {
    if (list.add(a, b, relation) && relation === 'customer') customers[a]++;
  };
  const sameRegion = (a: number, b: number): boolean => CITIES[homes[a]].region === CITIES[homes[b]].region;
  const pickProvider = (customer: number, low: number, high: number): number =>
    pickWeighted(
      low,
      high,
      random,
      (i) => (customers[i] + 2) ** ATTACHMENT * (sameRegion(i, customer) ? regionalProviders : 1),
    );

  const growth = { peering, regionalPeers, tier1, transit, tiers, random, connect, pickProvider, sameRegion };
  for (let a = 0; a < tier1; a++) for (let b = 0; b < a; b++) connect(a, b, 'peer');
  for (let i = tier1; i < count; i++) connectProviders(i, growth);
  for (let i = tier1; i < count; i++) connectPeers(i, growth);
  return { tiers, homes, edges: list.edges, numbers: pickNumbers(count, random) };
}

interface Growth {
  readonly peering: number;
  readonly regionalPeers: number;
  readonly tier1: number;
  readonly transit: number;
  readonly tiers: readonly Tier[];
  readonly random: Random;
  connect(a: number, b: number, relation: AsEdge['relation']): void;
  pickProvider(customer: number, low: number, high: number): number;
  sameRegion(a: number, b: number): boolean;
}

function connectProviders(i: number, { tier1, transit, tiers, random, connect, pickProvider }: Growth): void {
  const providers = 1 + (random.chance(0.65) ? 1 : 0) + (random.chance(0.3) ? 1 : 0);
  const upstreams = tiers[i] === 2 ? i : tier1 + transit;
  for (let p = 0; p < providers; p++) {
    const direct = upstreams === tier1 || random.chance(tiers[i] === 2 ? 0.6 : 0.12);
    connect(direct ? pickProvider(i, 0, tier1) : pickProvider(i, tier1, upstreams), i, 'customer');
  }
}

/** Transit networks peer inside their region; a few stubs, content networks, peer with many of them. */
function connectPeers(
  i: number,
  { peering, regionalPeers, tier1, transit, tiers, random, connect, sameRegion }: Growth,
): void {
  if (tiers[i] === 2) {
    for (let p = random.below(6 * peering); p > 0; p--) {
      connect(
        pickWeighted(tier1, tier1 + transit, random, (j) => (sameRegion(i, j) ? regionalPeers : 1)),
        i,
        'peer',
      );
    }
  } else if (random.chance(0.06)) {
    for (let p = 3 + random.below(10 * peering); p > 0; p--) connect(tier1 + random.below(transit), i, 'peer');
  }
}

/** A home for a network: an index into the cities, the larger ones more often. */
export function pickCity(random: Random): number {
  return pickWeighted(0, CITIES.length, random, (i) => CITIES[i].weight);
}

/** Distinct public 16-bit numbers, AS_TRANS and the documentation and private ranges left out (RFC 7249). */
export function pickNumbers(count: number, random: Random): number[] {
  const numbers = new Set<number>();
  while (numbers.size < count) {
    const number = 100 + random.below(64_000);
    if (number !== 23_456) numbers.add(number);
  }
  return [...numbers];
}
