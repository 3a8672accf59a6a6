import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import type { Hop, StandIn } from '../path/hop.ts';
import type { FailReason } from './fail-reason.ts';
import type { ProbeStats } from './stats.ts';

/** What a path that comes from earlier measurements rests on. */
export interface Reuse {
  /** Age of the oldest evidence at the start of the measurement, milliseconds. */
  readonly oldestAgeMs: number;
}

/**
 * How a measurement ended: `reaches` the source, `failed` on the way, `trivial` because the destination is the source, or `cancelled` by the
 * caller's signal.
 */
export type StopReason = 'reaches' | 'failed' | 'trivial' | 'cancelled';

/** One attempt of a technique to extend the path. */
export interface Attempt {
  /** Name of the technique. */
  readonly technique: string;
  /** Last hop of the path at that time. */
  readonly hop: Ipv4Address;
  readonly outcome: 'extended' | 'nothingFound' | 'notApplicable';
  /** What it found, or why it found nothing, for people. */
  readonly detail: string;
  /** Duration, milliseconds. */
  readonly ms: number;
}

/** A hop with its round-trip time from the source, milliseconds; absent when it was not measured or the hop did not answer. */
export type MeasuredHop = Hop & { readonly rttMs?: number };

/** The result of a measurement. Its hops lead from the destination to the source, or as far as the path was found. */
export interface ReverseTraceroute {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  /** Name of the plan. */
  readonly plan: string;
  readonly stopReason: StopReason;
  /** Present when `stopReason` is `failed`. */
  readonly failReason?: FailReason;
  readonly hops: readonly MeasuredHop[];
  /** Probability that every hop is right, 0 to 1. */
  readonly confidence: number;
  /** Host that was measured in place of the destination, which did not answer. */
  readonly measuredThrough?: StandIn;
  /** Set when the whole path comes from earlier measurements. */
  readonly reused?: Reuse;
  /** Start and end, milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stats: ProbeStats;
  /** What the techniques tried, in order. */
  readonly attempts: readonly Attempt[];
  /** Forward traceroute from the source to the destination, where the request asks for it. */
  readonly forward?: TracerouteResult;
}
