import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';

/** What is known of the way to one agent and back. */
interface Way {
  /** Smoothed time and its deviation, milliseconds. */
  meanMs: number;
  deviationMs: number;
  /** Least time in this span and in the one before, milliseconds. */
  leastMs: number;
  leastBeforeMs: number;
  spanEndsAt: number;
  /** How much longer the last probes took than the agent needs at best. */
  readonly excess: { readonly at: number; readonly ms: number }[];
}

/** Gains of mean and deviation, those of RFC 6298. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Deviations beyond the mean within which most probes come back. */
const DEVIATIONS = 2;
/** What is allowed for an agent of which nothing is known, and at most, milliseconds. */
const UNKNOWN_MS = 200;
const MOST_MS = 5_000;
/** How long the least time of an agent counts, milliseconds: agents move, and networks change. */
const SPAN_MS = 60_000;
/** Most agents that are remembered; the one that is known longest is forgotten first. */
const MOST_AGENTS = 20_000;

/**
 * Probes from which the delay is judged: at least so many, and none that is older, milliseconds. Each agent counts with its last ones only: one that has
 * much work and is slow itself, or pretends to be, must not slow down the measurements of others.
 */
const LEAST_SAMPLES = 8;
const RECENT_MS = 1_000;
const MOST_OF_AGENT = 8;

/**
 * How long probes are on their way through this system: from the controller to the agent and back, in both processes and in the queue of the
 * agent's prober. It is what a probe takes beyond the round-trip time that the agent has measured.
 */
export class TransitTimes {
  readonly #clock: Clock;
  readonly #ways = new Map<Ipv4Address, Way>();

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
  }

  /** Notes that an answered probe took so much longer than its round-trip time, milliseconds. */
  note(agent: Ipv4Address, ms: number): void {
    const now = this.#clock.now();
    const way = this.#learn(agent, Math.max(0, ms), now);
    const excessMs = Math.max(0, ms - Math.min(way.leastMs, way.leastBeforeMs));
    way.excess.push({ at: now, ms: excessMs });
    if (way.excess.length > MOST_OF_AGENT) way.excess.shift();
  }

  /** How long to allow for the way to an agent and back, milliseconds. */
  allowanceFor(agent: Ipv4Address): number {
    const way = this.#ways.get(agent);
    return way === undefined ? UNKNOWN_MS : Math.min(MOST_MS, way.meanMs + DEVIATIONS * way.deviationMs);
  }

  /**
   * How much longer probes take at this moment than on an idle system, milliseconds: the median over all agents, so that a few that are slow
   * themselves do not count unless they have almost all of the work. `undefined` while there are too few answers to tell.
   */
  get delayMs(): number | undefined {
    const since = this.#clock.now() - RECENT_MS;
    const recent: number[] = [];
    for (const { excess } of this.#ways.values()) for (const { at, ms } of excess) if (at > since) recent.push(ms);
    if (recent.length < LEAST_SAMPLES) return undefined;
    return recent.sort((a, b) => a - b)[(recent.length - 1) >> 1];
  }

  #learn(agent: Ipv4Address, ms: number, now: number): Way {
    const known = this.#ways.get(agent);
    if (known === undefined) {
      const spanEndsAt = now + SPAN_MS;
      const way = { meanMs: ms, deviationMs: ms / 2, leastMs: ms, leastBeforeMs: ms, spanEndsAt, excess: [] };
      this.#ways.set(agent, way);
      const [oldest] = this.#ways.keys();
      if (this.#ways.size > MOST_AGENTS) this.#ways.delete(oldest);
      return way;
    }
    known.deviationMs += (Math.abs(ms - known.meanMs) - known.deviationMs) * DEVIATION_GAIN;
    known.meanMs += (ms - known.meanMs) * MEAN_GAIN;
    if (now >= known.spanEndsAt) {
      known.leastBeforeMs = known.leastMs;
      known.leastMs = ms;
      known.spanEndsAt = now + SPAN_MS;
    } else known.leastMs = Math.min(known.leastMs, ms);
    return known;
  }
}
