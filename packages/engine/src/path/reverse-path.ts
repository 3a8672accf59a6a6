import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import { withoutOwnAliases, withReplaced } from './alternatives.ts';
import { rejoinChance } from './confidence.ts';
import type { Hop } from './hop.ts';
import { isContinuation } from './hop.ts';
import { mergeInto } from './merge.ts';
import { probabilityBehind, stepProbability, weighed } from './path-probability.ts';
import { trustBehind } from './trust.ts';
import { INDEPENDENT_STEPS, type WholePathWeights, wholePathFactor } from './whole-path.ts';

/** What evidence makes of the probabilities of a hop, 0 to 1. */
export interface PathCorrection {
  /** That the hop is right when the hop before it is. */
  step(hop: Hop, claimed: number): number;
  /** That the hop is right when the hop before it is wrong. */
  rejoin(hop: Hop, claimed: number): number;
}

const asClaimed = (_hop: Hop, claimed: number): number => claimed;
const AS_SHIPPED: PathCorrection = { step: asClaimed, rejoin: asClaimed };

/**
 * A reverse path that grows from the destination towards the source. It passes every router once. The `trust` and `confidence` of its hops
 * hold on this path: they depend on the hops before.
 */
export class ReversePath {
  readonly source: Ipv4Address;
  readonly #aliases: Aliases;
  readonly #correction: PathCorrection;
  #hops: Hop[];
  readonly #weights: WholePathWeights;
  /** For each hop the product of the steps up to it, and the probability that it and all hops before it are right. */
  readonly #upTo: { readonly product: number; readonly whole: number }[];
  /** Position of the first hop of the last extension. */
  #segmentStart = 0;

  /**
   * @param destination the first hop
   * @param correction default: hops have the probabilities that the program ships
   * @param weights default: steps are independent of each other
   */
  constructor(
    source: Ipv4Address,
    destination: Hop,
    aliases: Aliases,
    correction = AS_SHIPPED,
    weights: WholePathWeights = INDEPENDENT_STEPS,
  ) {
    this.source = source;
    this.#aliases = aliases;
    this.#correction = correction;
    this.#hops = [destination];
    this.#weights = weights;
    this.#upTo = [{ product: destination.confidence, whole: destination.confidence }];
  }

  /** The destination, then each hop in order. Never empty. */
  get hops(): readonly Hop[] {
    return this.#hops;
  }

  get last(): Hop {
    return this.#hops[this.#hops.length - 1];
  }

  /**
   * The hops to continue from, latest first: those of the last extension, and as many before them as it takes to have one that identifies a
   * router.
   */
  get lastSegment(): readonly Hop[] {
    return this.#hops.slice(Math.min(this.#segmentStart, Math.max(0, this.lastIdentified))).reverse();
  }

  /** Position of the last hop whose address identifies a router; -1 when there is none. */
  get lastIdentified(): number {
    return this.#hops.findLastIndex(({ address }) => this.#aliases.routerKey(address) !== undefined);
  }

  /** Probability that every hop is right, 0 to 1. */
  get confidence(): number {
    return this.#upTo[this.#upTo.length - 1].whole;
  }

  /** The product of all steps, 0 to 1: the probability that every hop is right if steps were independent of each other. */
  get productOfSteps(): number {
    return this.#upTo[this.#upTo.length - 1].product;
  }

  /** Whether the path has reached the source. */
  get isComplete(): boolean {
    return this.#aliases.sameRouter(this.last.address, this.source);
  }

  /** Position of the last hop that is the router of `address`; -1 when it is not on the path, or when `address` identifies no router. */
  indexOf(address: Ipv4Address): number {
    const key = this.#aliases.routerKey(address);
    if (key === undefined) return -1;
    return this.#hops.findLastIndex((hop) => hop.address === address || this.#aliases.routerKey(hop.address) === key);
  }

  /**
   * Extends the path with `hops`, which follow the hop at position `from` (from 0). Each has the probability that it is on the path when the
   * hop before it is. Hops that the path has already are dropped; hops behind `from` that the extension contradicts are replaced. A measured
   * hop that is replaced stays as an alternative. Returns the number of new hops.
   */
  extend(from: number, hops: readonly Hop[]): number {
    const { keptUntil, added } = mergeInto(from, hops, {
      positionOf: (address, behind) => this.#positionOf(address, behind),
      isAssumed: (position) => this.#hops[position]?.trust === 'assumed',
    });
    if (added.length === 0) return 0;
    const anchor = this.#hops[Math.min(from, keptUntil)];
    const replaced = this.#hops[keptUntil + 1];
    this.#hops = this.#hops.slice(0, keptUntil + 1);
    this.#upTo.length = keptUntil + 1;
    this.#segmentStart = keptUntil + 1;
    const trusts = trustBehind(anchor, added);
    for (const [i, hop] of added.entries()) {
      const own = withoutOwnAliases(i === 0 ? withReplaced(hop, replaced, this.#aliases) : hop, this.#aliases);
      const continuation = isContinuation(added, i) && ({ isContinuation: true } as const);
      this.#append({ ...own, trust: trusts[i], ...continuation }, stepProbability(own));
    }
    return added.length;
  }

  /**
   * Weighs what was observed about single hops after they were found, once at the end of a measurement.
   * @param ratioOf how much more likely what was observed is where a hop is right than where it is wrong, if the hop before it is right; `undefined` where nothing was observed
   */
  weigh(ratioOf: (hop: Hop, position: number) => number | undefined): void {
    const hops = this.#hops;
    const ratios = hops.map(ratioOf);
    // Hops before the first one that was observed keep their probabilities.
    const first = ratios.findIndex((ratio, i) => i > 0 && ratio !== undefined);
    if (first < 0) return;
    this.#hops = hops.slice(0, first);
    this.#upTo.length = first;
    for (const [i, hop] of hops.entries())
      if (i >= first) this.#append(hop, hop.uncorrected?.step ?? hop.confidence, ratios[i]);
  }

  /** Drops the hops behind the one at `position` (from 0). */
  cutBehind(position: number): void {
    this.#hops = this.#hops.slice(0, position + 1);
    this.#upTo.length = position + 1;
    this.#segmentStart = Math.min(this.#segmentStart, position);
  }

  /** @param shipped the probability that the hop is right when the hop before it is, 0 to 1, without what was observed afterwards */
  #append(hop: Hop, shipped: number, ratio?: number): void {
    const claimed = ratio === undefined ? shipped : weighed(shipped, ratio);
    const step = this.#correction.step(hop, claimed);
    const rejoin = this.#correction.rejoin(hop, rejoinChance(hop));
    const before = { single: this.last.confidence, joint: this.productOfSteps };
    const whole = this.confidence * wholePathFactor(hop, step, this.#weights);
    const { single, joint } = probabilityBehind(before, step, rejoin);
    this.#hops.push({
      ...hop,
      confidence: single,
      uncorrected: { step: claimed, onPath: single, ...(ratio !== undefined && { ratio }) },
    });
    this.#upTo.push({ product: joint, whole });
  }

  /** As {@link indexOf}. An address that identifies no router is known only where it follows the same hop again, at position `behind`. */
  #positionOf(address: Ipv4Address, behind: number): number {
    if (this.#aliases.routerKey(address) !== undefined) return this.indexOf(address);
    return behind >= 0 && this.#hops[behind + 1]?.address === address ? behind + 1 : -1;
  }
}
