import { hash32, type Random } from '@revtr/probing';
import { exponential } from '../draws.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';

/** Instead of a delay: the link loses the packet. */
export const LOST = -1;

/** How long a link stays congested, and how long its queue takes from one random length to the next, milliseconds. */
const CONGESTION_MS = 60_000;
const QUEUE_MS = 100;
/** Mean delay of a packet in the queue of a congested link, and of one that takes a slower lane, milliseconds. */
const MEAN_QUEUE_MS = 15;
const MEAN_LANE_MS = 2;

/**
 * Loss and variable delay of links. A link is congested for minutes, not for packets: then it loses more, and packets wait in
 * a queue, in order. A packet that takes a slower one of parallel lanes is overtaken by others
 * (Bennett et al., Packet reordering is not pathological network behavior, ToN 1999).
 */
export class LinkConditions {
  readonly #parameters: SimParameters;
  readonly #random: Random;
  readonly #isSteady: boolean;

  constructor(parameters: SimParameters, random: Random) {
    this.#parameters = parameters;
    this.#random = random;
    this.#isSteady = parameters.congestedLinks === 0 && parameters.reordering === 0;
  }

  /** Returns the delay beyond propagation of a packet that leaves by interface `out` at `atMs`, milliseconds, or {@link LOST}. */
  pass(out: number, atMs: number): number {
    const { linkLoss, congestedLinks, congestedLinkLoss, reordering } = this.#parameters;
    if (this.#random.chance(linkLoss)) return LOST;
    if (this.#isSteady) return 0;
    let delay = this.#random.chance(reordering) ? exponential(this.#random.next(), MEAN_LANE_MS) : 0;
    if (this.#uniform(out, Math.floor(atMs / CONGESTION_MS)) < congestedLinks) {
      if (this.#random.chance(congestedLinkLoss)) return LOST;
      delay += this.#queueMs(out, atMs / QUEUE_MS);
    }
    return delay;
  }

  /** Interpolated, because packets leave a queue in the order in which they came. */
  #queueMs(out: number, at: number): number {
    const period = Math.floor(at);
    const before = exponential(this.#uniform(out, period), MEAN_QUEUE_MS);
    const after = exponential(this.#uniform(out, period + 1), MEAN_QUEUE_MS);
    return before + (at - period) * (after - before);
  }

  #uniform(out: number, period: number): number {
    return hash32(hash32(this.#parameters.seed, out), period) / 2 ** 32;
  }
}
