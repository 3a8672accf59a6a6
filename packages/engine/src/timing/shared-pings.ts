import type { Ipv4Address } from '@revtr/net';
import {
  cancelled,
  type PingRequest,
  type PingResult,
  type Prober,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';

/** Why a ping that nobody waits for ends. One object for all: making errors is costly. */
const NOBODY_WAITS = 'nobody waits for it';

interface InFlight {
  readonly result: Promise<PingResult>;
  readonly over: AbortController;
  waiting: number;
}

/**
 * Sends a ping that is under way only once, however many measurements want it: all get the one answer. It is cancelled when nobody waits for
 * it any more.
 */
export class SharedPings implements Prober {
  readonly #prober: Prober;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #load = new Map<number, number>();

  constructor(prober: Prober) {
    this.#prober = prober;
  }

  /** How many of these pings would be sent: those that are under way already are not. */
  fresh(requests: readonly PingRequest[]): number {
    return requests.filter((request) => !this.#inFlight.has(keyOf(request))).length;
  }

  /** Pings that a host has under way. */
  loadOf(sender: Ipv4Address): number {
    return this.#load.get(sender) ?? 0;
  }

  ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    if (signal?.aborted) return Promise.reject(cancelled());
    const key = keyOf(request);
    const shared = this.#inFlight.get(key) ?? this.#send(key, request);
    shared.waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal?.removeEventListener('abort', stop);
        shared.waiting--;
      };
      const stop = (): void => {
        leave();
        if (shared.waiting === 0) shared.over.abort(NOBODY_WAITS);
        reject(cancelled());
      };
      signal?.addEventListener('abort', stop, { once: true });
      shared.result.then(
        (result) => {
          leave();
          resolve(result);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
    });
  }

  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#prober.traceroute(request, signal);
  }

  #send(key: string, request: PingRequest): InFlight {
    const over = new AbortController();
    const result = this.#prober.ping(request, over.signal);
    const shared = { result, over, waiting: 0 };
    this.#inFlight.set(key, shared);
    this.#load.set(request.sender, this.loadOf(request.sender) + 1);
    let isOver = false;
    const forget = (): void => {
      if (isOver) return;
      isOver = true;
      if (this.#inFlight.get(key) === shared) this.#inFlight.delete(key);
      this.#load.set(request.sender, this.loadOf(request.sender) - 1);
    };
    result.then(forget, forget);
    over.signal.addEventListener('abort', forget, { once: true });
    return shared;
  }
}

function keyOf({ sender, target, spoof, option, ttl, timeoutMs }: PingRequest): string {
  const slots = option === undefined ? '' : `${option.type} ${String(option.slots)}`;
  return `${sender} ${target} ${spoof?.claimedSource} ${spoof?.receiver} ${slots} ${ttl} ${timeoutMs}`;
}
