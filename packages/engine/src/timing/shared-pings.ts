import type { Ipv4Address } from '@revtr/net';
import {
  cancelled,
  type PingRequest,
  type PingResult,
  type Prober,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import { SharedPing, type SharedPingHooks } from './shared-ping.ts';

/**
 * A prober that sends equal pings only once while a caller waits for them: all callers get the same answer. When its last caller has stopped
 * waiting, a ping is cancelled, or stays open for callers that listen for a late answer.
 */
export class SharedPings implements Prober {
  readonly #prober: Prober;
  readonly #isKnown: (request: PingRequest) => boolean;
  readonly #inFlight = new Map<string, SharedPing>();
  readonly #load = new Map<number, number>();
  readonly #onEnd = (ping: SharedPing): void => this.#forget(ping);

  /** @param isKnown whether the prober answers a ping without sending it. Default: it sends every ping */
  constructor(prober: Prober, isKnown: (request: PingRequest) => boolean = () => false) {
    this.#prober = prober;
    this.#isKnown = isKnown;
  }

  /** How many of these pings would be sent, because no equal ping is in flight or known. */
  fresh(requests: readonly PingRequest[]): number {
    return requests.filter((request) => !this.#inFlight.has(keyOf(request)) && !this.#isKnown(request)).length;
  }

  /** Number of pings of a host that a caller waits for. */
  loadOf(sender: Ipv4Address): number {
    return this.#load.get(sender) ?? 0;
  }

  ping(request: PingRequest, signal?: AbortSignal, hooks?: SharedPingHooks): Promise<PingResult> {
    if (signal?.aborted) return Promise.reject(cancelled());
    const key = keyOf(request);
    return (this.#inFlight.get(key) ?? this.#send(key, request)).wait(signal, hooks);
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#prober.traceroute(request, signal);
  }

  #send(key: string, request: PingRequest): SharedPing {
    const { sender } = request;
    const ping = new SharedPing({ key, sender, onEnd: this.#onEnd });
    this.#inFlight.set(key, ping);
    this.#load.set(sender, this.loadOf(sender) + 1);
    ping.send(this.#prober, request);
    return ping;
  }

  #forget(ping: SharedPing): void {
    const { key, sender } = ping;
    if (this.#inFlight.get(key) === ping) this.#inFlight.delete(key);
    const load = this.loadOf(sender) - 1;
    if (load > 0) this.#load.set(sender, load);
    else this.#load.delete(sender);
  }
}

/** Joined, because V8 keeps the text of a template as one object for each piece of it. */
function keyOf({ sender, target, spoof, option, ttl, timeoutMs }: PingRequest): string {
  const slots = option === undefined ? '' : `${option.type} ${String(option.slots)}`;
  return [sender, target, spoof?.claimedSource, spoof?.receiver, slots, ttl, timeoutMs].join(' ');
}
