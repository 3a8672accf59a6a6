import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { RankedVantagePoint, VantagePointRanking } from './ranking.ts';
import { mostReachingFirst, USABLE } from './reach.ts';
import { RunningDistance } from './running-distance.ts';

/**
 * Ranks vantage points by mean Record Route distance to the target's network, then by how many networks they reach, as
 * the original's 1.0 did. A survey teaches it first, every later answer after that.
 */
export class DistanceRanking implements VantagePointRanking {
  #vantagePoints: readonly Ipv4Address[];
  readonly #ipToAs: IpToAs;
  readonly #distances = new Map<number, Map<Ipv4Address, RunningDistance>>();
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
    return this.#distances.get(this.#ipToAs.originOf(target) ?? -1)?.get(sender)?.distance;
  }

  observe(sender: Ipv4Address, target: Ipv4Address, distance: number): void {
    const network = this.#ipToAs.originOf(target) ?? -1;
    const bySender = this.#distances.get(network) ?? new Map<Ipv4Address, RunningDistance>();
    this.#distances.set(network, bySender);
    const known = bySender.get(sender);
    if (known === undefined) bySender.set(sender, new RunningDistance(distance));
    else known.learn(distance);
    this.#ranked.delete(network);
  }

  /** The original 1.0 does not count such silences. */
  observeSilence(): void {}

  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void {
    this.#vantagePoints = vantagePoints;
    this.rankGlobally();
  }

  rankGlobally(): void {
    this.#global = mostReachingFirst(this.#vantagePoints, this.#distances.values());
    this.#ranked.clear();
  }

  #compute(network: number): readonly RankedVantagePoint[] {
    const bySender = this.#distances.get(network) ?? new Map<Ipv4Address, RunningDistance>();
    const meanOf = (vantagePoint: Ipv4Address): number => bySender.get(vantagePoint)?.distance ?? USABLE;
    return this.#global
      .filter((vantagePoint) => meanOf(vantagePoint) <= USABLE)
      .sort((a, b) => meanOf(a) - meanOf(b))
      .map((address) => {
        const level = bySender.has(address) ? 'network' : 'unknown';
        return { address, distance: meanOf(address), level, chance: 0.5 };
      });
  }
}
