import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { placeOf, type TargetPlace } from '../facts/target-place.ts';
import { RttEstimator } from './rtt-estimator.ts';

/** Options of an {@link AdaptiveTimeout}. */
export interface AdaptiveTimeoutOptions {
  /** Shortest timeout, milliseconds. */
  readonly leastMs: number;
  /** Longest timeout, milliseconds. */
  readonly mostMs: number;
  /** Timeout before anything was learned, milliseconds. */
  readonly initialMs: number;
  /** Most paths, from one vantage point into one prefix, that are kept; the one that was used least recently is dropped first. */
  readonly capacity: number;
}

/** What is known of the path from one vantage point into one prefix that has answered. */
interface PathTiming {
  readonly rtts: RttEstimator;
  /** Silences since the last answer. */
  silences: number;
}

/** Silences that double the timeout of a path (RFC 6298, section 5.5). More do not: late answers are not lost, and most silent targets stay so. */
const MOST_DOUBLINGS = 1;

/**
 * Variations that a measurement waits for beyond the mean where later answers count. When times have become longer, half a variation is what the
 * mean of RFC 6298 still lacks: with less, no round would ever wait long enough.
 */
const PATIENCE = 0.6;

/**
 * How long a round waits for an answer, for each vantage point and each announced prefix of targets. It is estimated from the times of
 * earlier answers (RFC 6298), those that came after the end of their round included: an estimator that learns only from answers in time
 * cannot grow. For a path without answers, the larger estimate of the vantage point (to all targets) and of the target's network (from all
 * vantage points) counts.
 */
export class AdaptiveTimeout {
  readonly #options: AdaptiveTimeoutOptions;
  readonly #ipToAs: IpToAs;
  readonly #paths: BoundedMap<string, PathTiming>;
  readonly #senders: BoundedMap<Ipv4Address, RttEstimator>;
  readonly #networks: BoundedMap<number, RttEstimator>;

  constructor(options: AdaptiveTimeoutOptions, collaborators: { readonly ipToAs: IpToAs }) {
    this.#options = options;
    this.#ipToAs = collaborators.ipToAs;
    this.#paths = new BoundedMap(options);
    this.#senders = new BoundedMap(options);
    this.#networks = new BoundedMap(options);
  }

  /** Learns that an answer came `waitedMs` milliseconds after its ping. */
  observe(sender: Ipv4Address, target: Ipv4Address, waitedMs: number): void {
    const { prefix, network } = placeOf(target, this.#ipToAs);
    const path = this.#paths.getOrAdd(keyOf(sender, prefix), newPath);
    path.silences = 0;
    path.rtts.observe(waitedMs);
    this.#senders.getOrAdd(sender, newMixed).observe(waitedMs);
    if (network >= 0) this.#networks.getOrAdd(network, newMixed).observe(waitedMs);
  }

  /**
   * Learns that no answer came although the ping was waited for until its own timeout. Nobody waits longer for a path that has never answered: its
   * targets are silent, not slow.
   */
  observeSilence(sender: Ipv4Address, target: Ipv4Address): void {
    const path = this.#paths.get(keyOf(sender, placeOf(target, this.#ipToAs).prefix));
    if (path !== undefined) path.silences++;
  }

  /**
   * How long an answer to a ping from `sender` to `target` is waited for where one that comes later is lost, milliseconds: the mean and four
   * variations, as RFC 6298 has it.
   */
  timeoutFor(sender: Ipv4Address, target: Ipv4Address): number {
    return this.#waitFor(sender, placeOf(target, this.#ipToAs), 4);
  }

  /**
   * How long a measurement does nothing else, milliseconds, where an answer that comes later still counts: the mean and 0.6 of the variation.
   * The longest for any of `senders`.
   */
  patienceFor(senders: readonly Ipv4Address[], target: Ipv4Address): number {
    const { leastMs } = this.#options;
    const place = placeOf(target, this.#ipToAs);
    return senders.reduce((longest, sender) => Math.max(longest, this.#waitFor(sender, place, PATIENCE)), leastMs);
  }

  #waitFor(sender: Ipv4Address, { prefix, network }: TargetPlace, variations: number): number {
    const { leastMs, mostMs, initialMs } = this.#options;
    const path = this.#paths.get(keyOf(sender, prefix));
    const estimate =
      path?.rtts.mostMs(variations) ??
      largest(this.#senders.get(sender)?.mostMs(variations), this.#networks.get(network)?.mostMs(variations));
    const bounded = Math.max(leastMs, estimate ?? initialMs);
    return Math.min(mostMs, bounded * 2 ** Math.min(path?.silences ?? 0, MOST_DOUBLINGS));
  }
}

const newPath = (): PathTiming => ({ rtts: new RttEstimator('onePath'), silences: 0 });
const newMixed = (): RttEstimator => new RttEstimator('manyPaths');
const keyOf = (sender: Ipv4Address, prefix: number): string => `${sender} ${prefix}`;

const largest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
