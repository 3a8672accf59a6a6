import type { Ipv4Address } from '@revtr/net';
import type { Clock, Prober } from '@revtr/probing';
import type { Atlas } from '../../atlas/atlas.ts';
import type { AtlasTraceroute } from '../../atlas/traceroute.ts';
import type { Calibration } from '../../calibration/calibration.ts';
import type { Aliases } from '../../facts/aliases.ts';
import type { IpToAs } from '../../facts/ip-to-as.ts';
import type { Relations } from '../../facts/relations.ts';
import type { NextHops } from '../../knowledge/next-hops.ts';
import type { SilentTargets } from '../../knowledge/silent-targets.ts';
import type { Activity } from '../../measurement/activity.ts';
import type { MeasurementOptions } from '../../measurement/request.ts';
import type { ProbeStats } from '../../measurement/stats.ts';
import type { AssumptionConfidence } from '../../path/confidence.ts';
import type { ReversePath } from '../../path/reverse-path.ts';
import type { VantagePointRanking } from '../../ranking/ranking.ts';
import type { AdaptiveTimeout } from '../../timing/adaptive-timeout.ts';
import type { HostWatch } from '../../timing/host-watch.ts';
import type { Outages } from '../../timing/outages.ts';
import type { PlainPings } from '../../timing/plain-pings.ts';
import type { SharedPings } from '../../timing/shared-pings.ts';
import type { TargetAnswers } from './target-answers.ts';

/** Runs work whose probes a technique sends, and returns its outcome. */
export type WithTechnique = <T>(technique: string, work: () => Promise<T>) => Promise<T>;

/** What came of asking for a traceroute. */
export interface AskedTraceroute {
  /** The path, which is in the atlas; `undefined` when there is none. */
  readonly path?: AtlasTraceroute;
  /** Whether a host was asked and its path did not arrive in time. Default `false`. */
  readonly isMissing?: boolean;
  /** What happened, for people. */
  readonly detail: string;
}

/**
 * Asks a host in the network of `near` for a traceroute to the source of the measurement, and adds it to the atlas. Takes seconds to minutes.
 * Does not fail: an error becomes a detail. @throws {ProbingError} `cancelled` when the signal fires
 */
export type AskTraceroute = (near: Ipv4Address, signal?: AbortSignal) => Promise<AskedTraceroute>;

/** The default of {@link EngineCollaborators.withTechnique}. */
export const untold: WithTechnique = (_technique, work) => work();

/** What every measurement of one engine shares. */
export interface EngineCollaborators {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly atlas: Atlas;
  /** Must come from the `ranking` of the same plan. */
  readonly ranking: VantagePointRanking;
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
  readonly relations: Relations;
  /** Whether an address may be probed. Private addresses may be probed in test networks only. */
  readonly mayProbe: (address: Ipv4Address) => boolean;
  /** Tells an outage of a source or vantage point from a silence of targets. Without it every silence is that of a target. */
  readonly hosts?: HostWatch;
  /** How much each kind of hop is believed. Default: what the program ships. */
  readonly calibration?: Calibration;
  /** Told which technique sends the probes of some work. Default: nobody is told. */
  readonly withTechnique?: WithTechnique;
}

/** What an engine learns and keeps between measurements. */
export interface EngineMemory {
  readonly nextHops: NextHops;
  readonly silentTargets: SilentTargets;
  readonly adaptiveTimeout: AdaptiveTimeout;
}

/** One measurement in progress: everything that a technique may use. */
export interface Measurement extends EngineCollaborators, EngineMemory {
  /** Sends a ping that is already in flight only once. */
  readonly prober: SharedPings;
  /** Waits while the source is offline. */
  readonly outages: Outages;
  /** Pings without options from the source. */
  readonly plainPings: PlainPings;
  /** Probabilities of hops that no probe shows. */
  readonly assumptions: AssumptionConfidence;
  /** The path so far. Techniques read it; only the engine extends it. */
  readonly path: ReversePath;
  readonly options: MeasurementOptions;
  /** What was asked and not answered in time. */
  readonly targetAnswers: TargetAnswers;
  /** Techniques add what they send. */
  readonly stats: ProbeStats;
  /** Told what is tried. */
  readonly onActivity?: ((activity: Activity) => void) | undefined;
  /** Asks a host near a hop for a traceroute; absent when the request does not allow it. */
  readonly askTraceroute?: AskTraceroute | undefined;
  readonly signal?: AbortSignal;
  /** Fires when the search for the path is over, and with `signal`: what was started ahead is not needed any more. */
  readonly endSignal?: AbortSignal;
}
