import type { Ipv4Address } from '@revtr/net';
import {
  type Clock,
  echoReplyOf,
  type PingHooks,
  type PingRequest,
  type PingResult,
  type Prober,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import { BoundedMap } from '../collections/bounded-map.ts';

/** Options of a {@link ProbeCache}. */
export interface ProbeCacheOptions {
  /** How long an answer and a traceroute are kept, milliseconds. */
  readonly keepMs: number;
  /** How long the silence of a Record Route ping from the source itself is kept, milliseconds. */
  readonly keepSilenceMs: number;
  /** Most pings, and most traceroutes, that are kept; the oldest is dropped first. */
  readonly capacity: number;
}

interface Kept<Result> {
  readonly result: Result;
  readonly until: number;
  /** Slot of the hop for which the answer is kept. */
  readonly slot: number;
}

/**
 * A prober with the caches of the original 2.0 (`controller/controller.go` of its public code): an answered Record Route ping is kept for
 * its target and for every hop stamped behind it, as if each had been the target; a traceroute is kept whether it arrived or not. A probe
 * that is answered from the cache is not sent.
 */
export class ProbeCache implements Prober {
  readonly #options: ProbeCacheOptions;
  readonly #prober: Prober;
  readonly #clock: Clock;
  readonly #pings: BoundedMap<string, Kept<PingResult>>;
  readonly #traceroutes: BoundedMap<string, Kept<TracerouteResult>>;

  constructor(options: ProbeCacheOptions, collaborators: { readonly prober: Prober; readonly clock: Clock }) {
    this.#options = options;
    this.#prober = collaborators.prober;
    this.#clock = collaborators.clock;
    this.#pings = new BoundedMap(options);
    this.#traceroutes = new BoundedMap(options);
  }

  /** Whether a ping is answered from the cache. */
  holds(request: PingRequest): boolean {
    return isKept(request) && this.#find(this.#pings, keyOf(request, request.target)) !== undefined;
  }

  async ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult> {
    if (!isKept(request)) return this.#prober.ping(request, signal, hooks);
    const known = this.#find(this.#pings, keyOf(request, request.target));
    if (known !== undefined) return { ...known, request };
    const result = await this.#prober.ping(request, signal, hooks);
    this.#keepPing(result);
    return result;
  }

  /** Runs a traceroute, or returns the one that is kept, with no probes sent. */
  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    const key = `${request.sender} ${request.target}`;
    const known = this.#find(this.#traceroutes, key);
    if (known !== undefined) return { ...known, probesSent: 0 };
    const result = await this.#prober.traceroute(request, signal);
    this.#traceroutes.set(key, { result, until: this.#clock.now() + this.#options.keepMs, slot: 0 });
    return result;
  }

  #keepPing(result: PingResult): void {
    const { request } = result;
    const stamps = echoReplyOf(result)?.recordRoute;
    const now = this.#clock.now();
    const key = (target: Ipv4Address): string => keyOf(request, target);
    if (stamps === undefined) {
      const until = now + this.#options.keepSilenceMs;
      if (request.spoof === undefined) this.#pings.set(key(request.target), { result, until, slot: 0 });
      return;
    }
    const until = now + this.#options.keepMs;
    const turn = stamps.indexOf(request.target);
    this.#pings.set(key(request.target), { result, until, slot: Math.max(0, turn) });
    if (turn < 0) return;
    const receiver = request.spoof?.receiver ?? request.sender;
    for (const [slot, hop] of stamps.entries()) {
      if (slot <= turn || slot === stamps.length - 1 || hop === 0 || hop === receiver) continue;
      const known = this.#pings.get(key(hop));
      // The answer with the most slots behind the hop shows the most.
      if (known === undefined || known.until <= now || slot <= known.slot)
        this.#pings.set(key(hop), { result, until, slot });
    }
  }

  #find<Result>(kept: BoundedMap<string, Kept<Result>>, key: string): Result | undefined {
    const found = kept.get(key);
    return found !== undefined && found.until > this.#clock.now() ? found.result : undefined;
  }
}

/** Only whole Record Route pings are kept. */
const isKept = ({ option, ttl }: PingRequest): boolean => option?.type === 'recordRoute' && ttl === undefined;

const keyOf = ({ sender, spoof }: PingRequest, target: Ipv4Address): string =>
  `${sender} ${spoof?.receiver ?? sender} ${target}`;
