import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { OUT_OF_REACH, type RankedVantagePoint, type VantagePointRanking } from './ranking.ts';

/** A running mean of distances. */
interface Distance {
  mean: number;
  count: number;
}

/** Weight that old observations keep at most, so that the mean follows changes. */
const MEMORY = 16;
/** Distances up to this leave room for the way back; means may lie between whole slots. */
const USABLE = OUT_OF_REACH - 0.5;

/**
 * Ranks vantage points by mean Record Route distance to the target's network, then by how many networks they reach, as
 * the original's 1.0 did. A survey teaches it first, every later answer after that.
 */
export class DistanceRanking implements VantagePointRanking {
  #vantagePoints: readonly Ipv4Address[];
  readonly #ipToAs: IpToAs;
  readonly #distances = new Map<number, Map<Ipv4Address, Distance>>();
  readonly #ranked = new Map<number, readonly RankedVantagePoint[]>();
  #global: readonly Ipv4Address[];

  constructor(options: { readonly vantagePoints: readonly Ipv4Address[] }, collaborators: { readonly ipToAs: IpToAs }) {
    this.#vantagePoints = options.vantagePoints;
    this.#ipToAs = collaborators.ipToAs;
    this.#global = options.vantagePoints;
  }

  rank(target: Ipv4Address): readonly RankedVantagePoint[] {
    const network = this.#ipToAs.originOf(target) ?? -1;
    let ranked = this.#ranked.get(network);
    if (ranked === undefined) {
      ranked = this.#compute(network);
      this.#ranked.set(network, ranked);
    }
    return ranked;
  }

  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined {
    return this.#distances.get(this.#ipToAs.originOf(target) ?? -1)?.get(sender)?.mean;
  }

  observe(sender: Ipv4Address, target: Ipv4Address, distance: number): void {
    const network = this.#ipToAs.originOf(target) ?? -1;
    const bySender = this.#distances.get(network) ?? new Map<Ipv4Address, Distance>();
    this.#distances.set(network, bySender);
    const known = bySender.get(sender);
    if (known === undefined) {
      bySender.set(sender, { mean: distance, count: 1 });
    } else {
      known.count = Math.min(known.count + 1, MEMORY);
      known.mean += (distance - known.mean) / known.count;
    }
    this.#ranked.delete(network);
  }

  /** Such silences were not counted. */
  observeSilence(): void {}

  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void {
    this.#vantagePoints = vantagePoints;
    this.rankGlobally();
  }

  rankGlobally(): void {
    const reached = new Map(this.#vantagePoints.map((vantagePoint) => [vantagePoint, 0]));
    for (const bySender of this.#distances.values()) {
      for (const [sender, { mean }] of bySender) {
        if (mean < USABLE && reached.has(sender)) reached.set(sender, (reached.get(sender) ?? 0) + 1);
      }
    }
    this.#global = [...this.#vantagePoints].sort((a, b) => (reached.get(b) ?? 0) - (reached.get(a) ?? 0));
    this.#ranked.clear();
  }

  #compute(network: number): readonly RankedVantagePoint[] {
    const bySender = this.#distances.get(network) ?? new Map<Ipv4Address, Distance>();
    const meanOf = (vantagePoint: Ipv4Address): number => bySender.get(vantagePoint)?.mean ?? USABLE;
    return this.#global
      .filter((vantagePoint) => meanOf(vantagePoint) <= USABLE)
      .sort((a, b) => meanOf(a) - meanOf(b))
      .map((address) => {
        const level = bySender.has(address) ? 'network' : 'unknown';
        return { address, distance: meanOf(address), level, chance: 0.5 };
      });
  }
}
