import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import { CONTRADICTED, rejoinChance } from './confidence.ts';
import type { Hop } from './hop.ts';

/** A reverse path while it grows: from the destination towards the source. */
export class ReversePath {
  readonly source: Ipv4Address;
  readonly #aliases: Aliases;
  #hops: Hop[];
  /** For each hop the probability that it and all before it are right. */
  readonly #jointly: number[];
  /** Where the last extension began. */
  #segmentStart = 0;

  constructor(source: Ipv4Address, destination: Hop, aliases: Aliases) {
    this.source = source;
    this.#aliases = aliases;
    this.#hops = [destination];
    this.#jointly = [destination.confidence];
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

  /** Probability that every hop is right. */
  get confidence(): number {
    return this.#jointly[this.#jointly.length - 1];
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
   * Goes on with `hops`, which lead away from the hop at position `from`, each with the probability that it is on the path when the one
   * before it is. What they repeat of the path is left out; hops
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
    const contradicted = this.#hops[known + 1];
    const kept = this.#hops.slice(0, known + 1);
    let restsOnAssumption = kept.some(isAssumption);
    this.#jointly.length = known + 1;
    for (const [i, hop] of added.entries()) {
      const own = ownConfidence(i === 0 ? withAlternative(hop, contradicted) : hop, this.#aliases);
      const before = kept[kept.length - 1].confidence;
      this.#jointly.push(this.#jointly[this.#jointly.length - 1] * own.confidence);
      const confidence = before * own.confidence + (1 - before) * Math.min(rejoinChance(own.evidence), own.confidence);
      const trust = restsOnAssumption && own.trust === 'measured' ? 'inferred' : own.trust;
      kept.push({ ...own, confidence, trust });
      restsOnAssumption ||= isAssumption(own);
    }
    this.#hops = kept;
    this.#segmentStart = known + 1;
    return added.length;
  }
}

/** Whether what is found behind a hop rests on something that no probe has shown of the destination's own packets. */
const isAssumption = ({ trust, isFromStandIn }: Hop): boolean => trust === 'assumed' || isFromStandIn === true;

/** A hop that took the place of another one keeps it as an alternative. */
function withAlternative(hop: Hop, other: Hop | undefined): Hop {
  if (other === undefined || other.trust !== 'measured' || hop.trust !== 'measured') return hop;
  const alternatives = [...new Set([...(hop.alternatives ?? []), other.address])];
  return { ...hop, alternatives, divergence: hop.divergence ?? 'notDestinationBased' };
}

/** Probability that a hop is on the path when the hop before it is, by its kind and by what other probes say of its place. */
function ownConfidence(hop: Hop, aliases: Aliases): Hop {
  const others = (hop.alternatives ?? []).filter((address) => !aliases.sameRouter(address, hop.address));
  const doubt = (1 - hop.confidence) / (1 + (hop.confirmedBy?.length ?? 0));
  const confidence = (1 - doubt) * (others.length > 0 ? CONTRADICTED : 1);
  const { alternatives: _, divergence: _why, ...plain } = hop;
  return others.length > 0 ? { ...hop, alternatives: others, confidence } : { ...plain, confidence };
}
