import type { Ipv4Address } from '@revtr/net';
import type { Clock, Prober } from '@revtr/probing';
import type { Atlas } from '../atlas/atlas.ts';
import type { Aliases } from '../facts/aliases.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { Relations } from '../facts/relations.ts';
import type { NextHops } from '../knowledge/next-hops.ts';
import type { SilentTargets } from '../knowledge/silent-targets.ts';
import type { MeasurementOptions } from '../measurement/request.ts';
import type { FailReason } from '../measurement/result.ts';
import type { ProbeStats } from '../measurement/stats.ts';
import type { AssumptionConfidence } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import type { ReversePath } from '../path/reverse-path.ts';
import type { VantagePointRanking } from '../ranking/ranking.ts';
import type { AdaptiveTimeout } from '../timing/adaptive-timeout.ts';
import type { SharedPings } from '../timing/shared-pings.ts';

/** What every measurement of one engine shares. */
export interface EngineCollaborators {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly atlas: Atlas;
  readonly ranking: VantagePointRanking;
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
  readonly relations: Relations;
  /** Whether an address may be probed at all: never private ones, but in test networks. */
  readonly mayProbe: (address: Ipv4Address) => boolean;
}

/** What an engine has learned and keeps between measurements. */
export interface EngineMemory {
  readonly nextHops: NextHops;
  readonly silentTargets: SilentTargets;
  readonly recordRouteTimeout: AdaptiveTimeout;
}

/** One measurement under way. */
export interface Measurement extends EngineCollaborators, EngineMemory {
  readonly prober: SharedPings;
  readonly assumptions: AssumptionConfidence;
  readonly path: ReversePath;
  readonly options: MeasurementOptions;
  readonly stats: ProbeStats;
  readonly signal?: AbortSignal;
}

/** What one try to extend a path gave. */
export type Extension =
  | {
      readonly outcome: 'extended';
      /** Position on the path that `hops` lead on from. */
      readonly from: number;
      readonly hops: readonly Hop[];
      readonly detail: string;
    }
  | { readonly outcome: 'nothingFound' | 'notApplicable'; readonly detail: string; readonly failReason?: FailReason };

/** A way to find further hops. It is made anew for each measurement and may remember what it has tried. */
export interface Technique {
  readonly name: string;
  /** Tries to lead the path on. @throws {ProbingError} `cancelled` when the measurement's signal fires */
  extend(measurement: Measurement): Promise<Extension>;
}

export const nothingFound = (detail: string, failReason?: FailReason): Extension => ({
  outcome: 'nothingFound',
  detail,
  ...(failReason && { failReason }),
});

export const notApplicable = (detail: string): Extension => ({ outcome: 'notApplicable', detail });
