import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { ProbingError, type TracerouteResult } from '@revtr/probing';
import { NextHops } from './knowledge/next-hops.ts';
import { RttCache } from './knowledge/rtt-cache.ts';
import { SilentTargets } from './knowledge/silent-targets.ts';
import { DEFAULT_OPTIONS, type ReverseTracerouteRequest } from './measurement/request.ts';
import type { Attempt, FailReason, MeasuredHop, ReverseTraceroute, StopReason } from './measurement/result.ts';
import { emptyStats } from './measurement/stats.ts';
import { type AssumptionConfidence, CONFIDENCE, PUBLISHED_ASSUMPTIONS } from './path/confidence.ts';
import type { Hop } from './path/hop.ts';
import { ReversePath } from './path/reverse-path.ts';
import type { Plan } from './plans/plan.ts';
import type { EngineCollaborators, EngineMemory, Measurement } from './techniques/contract/measurement.ts';
import type { Extension, Technique } from './techniques/contract/technique.ts';
import { traceWhole } from './techniques/forward-path/trace-whole.ts';
import { AdaptiveTimeout } from './timing/adaptive-timeout.ts';
import { SharedPings } from './timing/shared-pings.ts';

export interface EngineOptions {
  readonly plan: Plan;
  /** How far symmetry is believed. Default: as published for the real Internet. */
  readonly assumptions?: AssumptionConfidence;
}

/** How a caller follows a measurement. */
export interface MeasureHooks {
  readonly signal?: AbortSignal;
  /** Told of the path after every extension. */
  readonly onProgress?: (hops: readonly Hop[]) => void;
}

const MOST_EXTENSIONS = 64;
const MOST_HOPS = 64;
const RTT_TIMEOUT_MS = 1_000;
const FORWARD_TIMEOUT_MS = 1_000;

/** Measures reverse traceroutes after one plan, and remembers what they teach. */
export class ReverseTracerouteEngine {
  readonly #plan: Plan;
  readonly #assumptions: AssumptionConfidence;
  readonly #collaborators: EngineCollaborators;
  readonly #memory: EngineMemory;
  readonly #prober: SharedPings;
  readonly #rtts = new RttCache({ keepMs: 1_800_000 });

  constructor(options: EngineOptions, collaborators: EngineCollaborators) {
    this.#plan = options.plan;
    this.#assumptions = options.assumptions ?? PUBLISHED_ASSUMPTIONS;
    this.#collaborators = collaborators;
    this.#prober = new SharedPings(collaborators.prober);
    this.#memory = {
      nextHops: new NextHops({ capacity: 200_000 }, collaborators.aliases),
      silentTargets: new SilentTargets(
        { firstMs: 300_000, mostMs: 86_400_000, targetsOfNetwork: 4, capacity: 1_000_000 },
        (address) => collaborators.ipToAs.originOf(address),
      ),
      recordRouteTimeout: new AdaptiveTimeout({ leastMs: 300, mostMs: 2_000 }),
    };
  }

  /** Measures one reverse traceroute. It never rejects for what the network does: the result says how it ended. */
  async measure(request: ReverseTracerouteRequest, hooks: MeasureHooks = {}): Promise<ReverseTraceroute> {
    const { clock, aliases } = this.#collaborators;
    const { source, destination } = request;
    const options = { ...DEFAULT_OPTIONS, ...request.options };
    const first: Hop = {
      address: destination,
      technique: 'destination',
      trust: 'measured',
      confidence: CONFIDENCE.destination,
      evidence: { type: 'destination' },
    };
    const measurement: Measurement = {
      ...this.#collaborators,
      ...this.#memory,
      prober: this.#prober,
      assumptions: this.#assumptions,
      path: new ReversePath(source, first, aliases),
      options,
      stats: emptyStats(),
      ...(hooks.signal && { signal: hooks.signal }),
    };
    const startedAt = clock.now();
    const attempts: Attempt[] = [];
    let stopReason: StopReason;
    let failReason: FailReason | undefined;
    let rtts: ReadonlyMap<Ipv4Address, number> = new Map();
    let forward: TracerouteResult | undefined;
    try {
      ({ stopReason, failReason } = await this.#follow(measurement, attempts, hooks));
      if (options.forwardTraceroute) {
        forward = await traceWhole(measurement, destination, { timeoutMs: FORWARD_TIMEOUT_MS });
      }
      if (options.measureRtts && stopReason !== 'failed') rtts = await this.#measureRtts(measurement);
    } catch (error) {
      if (!(error instanceof ProbingError)) throw error;
      stopReason = error.code === 'cancelled' ? 'cancelled' : 'failed';
      if (stopReason === 'failed')
        failReason = { code: 'probingFailed', message: error.message, hop: measurement.path.last.address };
    }
    const hops = measurement.path.hops.map((hop): MeasuredHop => {
      const rttMs = rtts.get(hop.address);
      return rttMs === undefined ? hop : { ...hop, rttMs };
    });
    const result: ReverseTraceroute = {
      source,
      destination,
      plan: this.#plan.name,
      stopReason,
      ...(failReason && { failReason }),
      hops,
      confidence: measurement.path.confidence,
      startedAt,
      endedAt: clock.now(),
      stats: measurement.stats,
      attempts,
      ...(forward && { forward }),
    };
    if (this.#plan.growsAtlas) this.#collaborators.atlas.grow(result);
    return result;
  }

  /** Asks technique after technique until the path is at the source or none leads on. */
  async #follow(
    measurement: Measurement,
    attempts: Attempt[],
    { onProgress }: MeasureHooks,
  ): Promise<{ stopReason: StopReason; failReason?: FailReason }> {
    const { path } = measurement;
    if (path.isComplete) return { stopReason: 'trivial' };
    const techniques = this.#plan.techniques();
    let failReason: FailReason | undefined;
    let next = 0;
    for (let extensions = 0; extensions < MOST_EXTENSIONS && path.hops.length < MOST_HOPS; ) {
      if (next >= techniques.length) {
        const hop = path.last.address;
        return {
          stopReason: 'failed',
          failReason: failReason ?? { code: 'noHops', hop, message: `no way on from ${formatIpv4(hop)}` },
        };
      }
      const technique = techniques[next];
      const extension = await this.#try(technique, measurement, attempts);
      if (extension.outcome !== 'extended') {
        failReason = extension.failReason ?? failReason;
        next++;
        continue;
      }
      extensions++;
      onProgress?.(path.hops);
      if (path.isComplete) return { stopReason: 'reaches' };
      failReason = undefined;
      next = this.#plan.resumeAt(technique.name);
    }
    return {
      stopReason: 'failed',
      failReason: { code: 'tooManySteps', hop: path.last.address, message: 'Too many steps' },
    };
  }

  async #try(technique: Technique, measurement: Measurement, attempts: Attempt[]): Promise<Extension> {
    const { path, clock } = measurement;
    const hop = path.last.address;
    const startedAt = clock.now();
    let extension = await technique.extend(measurement);
    if (extension.outcome === 'extended' && path.extend(extension.from, extension.hops) === 0) {
      extension = { outcome: 'nothingFound', detail: `only known hops: ${extension.detail}` };
    }
    const { outcome, detail } = extension;
    attempts.push({ technique: technique.name, hop, outcome, detail, ms: clock.now() - startedAt });
    return extension;
  }

  async #measureRtts({ path, prober, clock, stats, signal, mayProbe }: Measurement): Promise<Map<Ipv4Address, number>> {
    const rtts = new Map<Ipv4Address, number>();
    await Promise.all(
      path.hops.map(async ({ address }) => {
        if (address === path.source || !mayProbe(address)) return;
        let entry = this.#rtts.find(path.source, address, clock.now());
        if (entry === undefined) {
          stats.plainPings++;
          const request = { type: 'ping', sender: path.source, target: address, timeoutMs: RTT_TIMEOUT_MS } as const;
          const { reply } = await prober.ping(request, signal);
          entry = { rttMs: reply?.rttMs };
          this.#rtts.remember(path.source, address, entry.rttMs, clock.now());
        }
        if (entry.rttMs !== undefined) rtts.set(address, entry.rttMs);
      }),
    );
    return rtts;
  }
}
