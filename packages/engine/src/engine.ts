import type { Ipv4Address } from '@revtr/net';
import { ProbingError, type TracerouteResult } from '@revtr/probing';
import { correctedOnPath, correctionBy, SHIPPED_CALIBRATION, withoutSuspensions } from './calibration/calibration.ts';
import { ForeignNextHops, rankingWithout } from './calibration/foreign-host.ts';
import { weighAssumptions } from './checks/assumed-steps.ts';
import { asVerified, destinationHop } from './checks/destination-hop.ts';
import { checkedByDistances } from './checks/distances.ts';
import { followPath } from './follow-path.ts';
import { measureRtts } from './hop-rtts.ts';
import { NextHops } from './knowledge/next-hops.ts';
import { ProbeCache } from './knowledge/probe-cache.ts';
import { RttCache } from './knowledge/rtt-cache.ts';
import { SilentTargets } from './knowledge/silent-targets.ts';
import type { Activity } from './measurement/activity.ts';
import type { FailReason } from './measurement/fail-reason.ts';
import { DEFAULT_OPTIONS, type ReverseTracerouteRequest } from './measurement/request.ts';
import type { Attempt, MeasuredHop, ReverseTraceroute, StopReason } from './measurement/result.ts';
import { reuseOf } from './measurement/reuse.ts';
import { emptyStats } from './measurement/stats.ts';
import { type AssumptionConfidence, CONFIDENCE, PUBLISHED_ASSUMPTIONS } from './path/confidence.ts';
import type { Hop } from './path/hop.ts';
import { type PathCorrection, ReversePath } from './path/reverse-path.ts';
import type { Plan } from './plans/plan.ts';
import {
  type AskTraceroute,
  type EngineCollaborators,
  type EngineMemory,
  type Measurement,
  untold,
} from './techniques/contract/measurement.ts';
import { TargetAnswers } from './techniques/contract/target-answers.ts';
import { traceWhole } from './techniques/forward-path/trace-whole.ts';
import { abortWith } from './timing/abort-with.ts';
import { AdaptiveTimeout } from './timing/adaptive-timeout.ts';
import { Outages } from './timing/outages.ts';
import { PlainPings } from './timing/plain-pings.ts';
import { SharedPings } from './timing/shared-pings.ts';

/** Options of a {@link ReverseTracerouteEngine}. */
export interface EngineOptions {
  /** Which techniques are used, in which order. */
  readonly plan: Plan;
  /** Probabilities of hops that no probe shows. Default: {@link PUBLISHED_ASSUMPTIONS}, the values published for the real Internet. */
  readonly assumptions?: AssumptionConfidence;
}

/** How a caller follows or cancels a measurement. */
export interface MeasureHooks {
  /** Ends the measurement early: its result then has the stop reason `cancelled`. */
  readonly signal?: AbortSignal;
  /** Called with the path after every extension. */
  readonly onProgress?: (hops: readonly Hop[]) => void;
  /** Called when something else is tried. */
  readonly onActivity?: (activity: Activity) => void;
  /** Called with the round-trip time of a hop, milliseconds, as soon as it is known. */
  readonly onRtt?: (hop: Ipv4Address, rttMs: number) => void;
  /** Asks a host near a hop for a traceroute to the source. Default: no host is asked. */
  readonly askTraceroute?: AskTraceroute;
}

/** How a measurement has ended. */
interface Ended extends Pick<ReverseTraceroute, 'destination' | 'stopReason' | 'startedAt' | 'attempts'> {
  readonly failReason: FailReason | undefined;
  readonly rtts: ReadonlyMap<Ipv4Address, number> | undefined;
  readonly forward: TracerouteResult | undefined;
}

/** Longest wait for the reply to a ping without options, milliseconds. */
const PLAIN_PING_TIMEOUT_MS = 1_000;
const FORWARD_TIMEOUT_MS = 1_000;
/** Longest time that one measurement waits for a source that is offline, milliseconds. */
const MOST_OUTAGE_WAIT_MS = 60_000;

/** Why probes that were sent ahead end. One object for all: making errors is costly. */
const SEARCH_OVER = 'the search for the path is over';
const OFFLINE = `the source was offline for more than ${MOST_OUTAGE_WAIT_MS / 1_000} seconds`;

/**
 * Measures reverse traceroutes by one plan. It keeps what measurements show (next hops, silent targets, round-trip times) for later
 * measurements; the atlas and the ranking are shared with its owner.
 */
export class ReverseTracerouteEngine {
  readonly #plan: Plan;
  readonly #assumptions: AssumptionConfidence;
  readonly #collaborators: EngineCollaborators;
  readonly #memory: EngineMemory;
  readonly #correction: PathCorrection;
  readonly #prober: SharedPings;
  readonly #cachingProber: SharedPings | undefined;
  readonly #rtts = new RttCache({ keepMs: 1_800_000 });

  constructor(options: EngineOptions, collaborators: EngineCollaborators) {
    this.#plan = options.plan;
    this.#assumptions = options.assumptions ?? PUBLISHED_ASSUMPTIONS;
    this.#collaborators = collaborators;
    this.#correction = correctionBy(collaborators.calibration ?? SHIPPED_CALIBRATION);
    this.#prober = new SharedPings(collaborators.prober);
    const cache = options.plan.cache && new ProbeCache(options.plan.cache, collaborators);
    this.#cachingProber = cache && new SharedPings(cache, (request) => cache.holds(request));
    this.#memory = {
      nextHops: new NextHops({ capacity: 200_000 }, collaborators.aliases),
      silentTargets: new SilentTargets(
        { firstMs: 300_000, mostMs: 3_600_000, targetsOfNetwork: 4, capacity: 250_000 },
        (address) => collaborators.ipToAs.originOf(address),
      ),
      adaptiveTimeout: new AdaptiveTimeout(
        { leastMs: 300, mostMs: 2_000, initialMs: 1_000, capacity: 250_000 },
        collaborators,
      ),
    };
  }

  /** What this engine remembers about silent targets, to be shared with other engines. */
  get silentTargets(): Pick<SilentTargets, 'follow' | 'adopt'> {
    return this.#memory.silentTargets;
  }

  /**
   * Measures one reverse traceroute. A failure in the network, a refused probe and a cancellation are results, not errors; `stopReason` and
   * `failReason` describe them. Measurements may run in parallel.
   */
  async measure(request: ReverseTracerouteRequest, hooks: MeasureHooks = {}): Promise<ReverseTraceroute> {
    const over = new AbortController();
    const unlink = abortWith(over, hooks.signal);
    const measurement = this.#begin(request, hooks, over.signal);
    const { clock, options, withTechnique = untold } = measurement;
    const { destination } = request;
    const startedAt = clock.now();
    const attempts: Attempt[] = [];
    let stopReason: StopReason;
    let failReason: FailReason | undefined;
    let rtts: ReadonlyMap<Ipv4Address, number> | undefined;
    let forward: TracerouteResult | undefined;
    try {
      try {
        ({ stopReason, failReason } = await followPath(this.#plan, measurement, attempts, hooks.onProgress));
      } finally {
        unlink();
        over.abort(SEARCH_OVER);
      }
      // The pings take one round-trip time, the traceroute many.
      if (options.measureRtts && stopReason !== 'failed') {
        hooks.onActivity?.({ technique: 'roundTripTimes', hop: destination });
        rtts = await withTechnique('roundTripTimes', () => measureRtts(measurement, this.#rtts, hooks.onRtt));
      }
      if (options.forwardTraceroute) {
        hooks.onActivity?.({ technique: 'forwardTraceroute', hop: destination });
        forward = await withTechnique('forwardTraceroute', () => traceForward(measurement, attempts));
      }
    } catch (error) {
      if (!(error instanceof ProbingError)) throw error;
      stopReason = error.code === 'cancelled' ? 'cancelled' : 'failed';
      const hop = measurement.path.last.address;
      if (stopReason === 'failed') failReason = probingFailed(error, hop, measurement.outages);
    }
    const result = this.#result(measurement, {
      destination,
      stopReason,
      failReason,
      rtts,
      forward,
      startedAt,
      attempts,
    });
    if (this.#plan.growsAtlas && options.asForeignHost !== true) this.#collaborators.atlas.grow(result);
    return result;
  }

  /** @param endSignal see {@link Measurement.endSignal} */
  #begin(request: ReverseTracerouteRequest, hooks: MeasureHooks, endSignal: AbortSignal): Measurement {
    const { clock, aliases, hosts, calibration = SHIPPED_CALIBRATION } = this.#collaborators;
    const { source, destination } = request;
    const options = { ...DEFAULT_OPTIONS, ...request.options };
    const first = destinationHop(destination, CONFIDENCE.destination);
    const outages = new Outages({ mostWaitMs: MOST_OUTAGE_WAIT_MS }, { hosts, clock });
    const { signal, askTraceroute, onActivity } = hooks;
    const mayReuse = options.reuseMaxAgeMs > 0 && options.asForeignHost !== true;
    const prober = (mayReuse ? this.#cachingProber : undefined) ?? this.#prober;
    const stats = emptyStats();
    const timeoutFor = (target: Ipv4Address): number =>
      Math.min(PLAIN_PING_TIMEOUT_MS, this.#memory.adaptiveTimeout.timeoutFor(source, target));
    return {
      ...this.#collaborators,
      ...this.#memory,
      prober,
      ...(options.asForeignHost === true && this.#foreignView(destination)),
      ...(options.retriesSuspended === true && { calibration: withoutSuspensions(calibration) }),
      outages,
      plainPings: new PlainPings(source, { timeoutFor, prober, outages, stats, signal }),
      assumptions: this.#assumptions,
      path: new ReversePath(source, first, aliases, this.#correction, this.#assumptions.wholePath),
      options,
      targetAnswers: new TargetAnswers(),
      stats,
      onActivity,
      askTraceroute,
      ...(signal && { signal }),
      endSignal,
    };
  }

  #result(measurement: Measurement, ended: Ended): ReverseTraceroute {
    const { path, stats, clock } = measurement;
    const { destination, stopReason, failReason, rtts, forward, startedAt, attempts } = ended;
    const { calibration = SHIPPED_CALIBRATION } = this.#collaborators;
    weighAssumptions(measurement);
    const checked = checkedByDistances(measurement);
    const hops = checked.hops.map((onPath, i): MeasuredHop => {
      const rttMs = rtts?.get(onPath.address);
      const hop = i === 0 ? asVerified(onPath, measurement, rttMs) : correctedOnPath(onPath, calibration);
      return rttMs === undefined ? hop : { ...hop, rttMs };
    });
    const standIn = hops.find((hop) => hop.standIn !== undefined)?.standIn;
    const reused = reuseOf(hops, startedAt);
    return {
      source: path.source,
      destination,
      plan: this.#plan.name,
      stopReason,
      ...(failReason && { failReason }),
      hops,
      confidence: checked.confidence,
      ...(standIn && { measuredThrough: standIn }),
      ...(reused && { reused }),
      startedAt,
      endedAt: clock.now(),
      stats,
      attempts,
      ...(forward && { forward }),
    };
  }

  /** What a self-audit of `host` may use of what the engine knows. */
  #foreignView(host: Ipv4Address): Pick<Measurement, 'ranking' | 'nextHops'> {
    const { ranking, aliases } = this.#collaborators;
    return {
      ranking: rankingWithout(host, ranking),
      nextHops: new ForeignNextHops(host, { known: this.#memory.nextHops, aliases }),
    };
  }
}

const probingFailed = (error: ProbingError, hop: Ipv4Address, { gaveUpOn }: Outages): FailReason =>
  gaveUpOn === undefined
    ? { code: 'probingFailed', message: error.message, hop, details: { cause: error.code } }
    : { code: 'sourceOffline', message: OFFLINE, hop, details: { waitedMs: MOST_OUTAGE_WAIT_MS } };

/** The forward traceroute to the destination; `undefined`, with an attempt that says why, when it cannot be sent. */
async function traceForward(measurement: Measurement, attempts: Attempt[]): Promise<TracerouteResult | undefined> {
  const { path, clock } = measurement;
  const destination = path.hops[0].address;
  const startedAt = clock.now();
  try {
    return await traceWhole(measurement, destination, { timeoutMs: FORWARD_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
    const ms = clock.now() - startedAt;
    attempts.push({
      technique: 'forwardTraceroute',
      hop: destination,
      outcome: 'nothingFound',
      detail: error.message,
      ms,
    });
    return undefined;
  }
}
