import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import type { Hop } from '../path/hop.ts';
import type { ProbeStats } from './stats.ts';

/** How a measurement ended. `trivial`: the destination is the source. */
export type StopReason = 'reaches' | 'failed' | 'trivial' | 'cancelled';

/** Why a measurement could not go on, with stable codes; those the original knows keep its words in the message. */
export type FailCode =
  | 'interdomainSymmetry'
  | 'tracerouteFailed'
  | 'noHops'
  | 'noSymmetricHop'
  | 'tooManySteps'
  | 'probingFailed';

export interface FailReason {
  readonly code: FailCode;
  readonly message: string;
  /** Hop at which the path ended. */
  readonly hop: Ipv4Address;
}

/** One try of a technique. */
export interface Attempt {
  readonly technique: string;
  readonly hop: Ipv4Address;
  readonly outcome: 'extended' | 'nothingFound' | 'notApplicable';
  /** What it found, or why nothing. */
  readonly detail: string;
  readonly ms: number;
}

/** A hop with its round-trip time from the source. */
export type MeasuredHop = Hop & { readonly rttMs?: number };

/** A measured reverse traceroute: its hops lead from the destination to the source, or as far as it came. */
export interface ReverseTraceroute {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly plan: string;
  readonly stopReason: StopReason;
  readonly failReason?: FailReason;
  readonly hops: readonly MeasuredHop[];
  /** Probability that every hop is right. */
  readonly confidence: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stats: ProbeStats;
  readonly attempts: readonly Attempt[];
  readonly forward?: TracerouteResult;
}
