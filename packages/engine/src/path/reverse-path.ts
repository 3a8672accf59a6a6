import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { Hop } from './hop.ts';

/** A reverse path while it grows: from the destination towards the source. */
export class ReversePath {
  readonly source: Ipv4Address;
  readonly #aliases: Aliases;
  #hops: Hop[];
  /** Where the last extension began. */
  #segmentStart = 0;

  constructor(source: Ipv4Address, destination: Hop, aliases: Aliases) {
    this.source = source;
    this.#aliases = aliases;
    this.#hops = [destination];
  }

  get hops(): readonly Hop[] {
    return this.#hops;
  }

  get last(): Hop {
    return this.#hops[this.#hops.length - 1];
  }

  /** Hops of the last extension, latest first: the places to go on from. */
  get lastSegment(): readonly Hop[] {
    return this.#hops.slice(this.#segmentStart).reverse();
  }

  /** Whether the path has come to the source. */
  get isComplete(): boolean {
    return this.#aliases.sameRouter(this.last.address, this.source);
  }

  /** Position of the last hop that is the router of `address`; -1 when it is not on the path. */
  indexOf(address: Ipv4Address): number {
    for (let i = this.#hops.length - 1; i >= 0; i--) {
      if (this.#aliases.sameRouter(this.#hops[i].address, address)) return i;
    }
    return -1;
  }

  /**
   * Goes on with `hops`, which lead away from the hop at position `from`. What they repeat of the path is left out; hops
   * of the path behind `from` that they contradict are replaced. Returns how many hops are new.
   */
  extend(from: number, hops: readonly Hop[]): number {
    let known = from;
    let fresh = 0;
    hops.forEach((hop, i) => {
      const at = this.indexOf(hop.address);
      if (at < 0) return;
      known = Math.max(known, at);
      fresh = i + 1;
    });
    const added = hops.slice(fresh).filter((hop, i, all) => i === 0 || all[i - 1].address !== hop.address);
    if (added.length === 0) return 0;
    const kept = this.#hops.slice(0, known + 1);
    const basis = kept[known];
    const restsOnAssumption = kept.some((hop) => hop.trust === 'assumed');
    this.#hops = [...kept, ...added.map((hop) => restingOn(hop, basis, restsOnAssumption))];
    this.#segmentStart = known + 1;
    return added.length;
  }
}

/** Share of paths that are found again behind a hop that was not on them. */
const REJOINS = 0.5;

/** A hop as believable as what it was found behind: never measured where an assumption came before. */
function restingOn(hop: Hop, basis: Hop, restsOnAssumption: boolean): Hop {
  const confidence = hop.confidence * (basis.confidence + (1 - basis.confidence) * REJOINS);
  return { ...hop, confidence, trust: restsOnAssumption && hop.trust === 'measured' ? 'inferred' : hop.trust };
}
