import type { Ipv4Address } from '@revtr/net';
import {
  cancelled,
  type PingHooks,
  type PingRequest,
  type PingResult,
  type Prober,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';

/** Abort reason of a ping that nobody waits for. It is one shared value because creating errors is costly. */
const NOBODY_WAITS = 'nobody waits for it';

/** Takes the result of a ping that comes after its caller has stopped waiting. */
export type LateListener = (result: PingResult) => void;

/** How the caller of a shared ping follows it. */
export interface SharedPingHooks extends PingHooks {
  /**
   * Called when the signal fires. If it returns a listener, the ping stays open until its own timeout, and the listener gets the result.
   * Otherwise the ping is cancelled, unless other callers wait for it.
   */
  readonly lateListener?: () => LateListener | undefined;
}

type QueueListener = NonNullable<PingHooks['onQueued']>;

/** What is known about the way of a ping through the prober, see {@link PingHooks.onQueued}. */
interface Queue {
  left: Promise<number> | undefined;
  /** Callers that came before the ping was queued. */
  readonly listeners: QueueListener[];
}

interface InFlight {
  readonly result: Promise<PingResult>;
  readonly over: AbortController;
  /** How long the prober holds the probe back, milliseconds. */
  readonly holdMs: number;
  readonly queue: Queue;
  /** Ends the sharing: the next equal ping is sent again. */
  readonly forget: () => void;
  waiting: number;
  hasLateListener: boolean;
}

/**
 * A prober that sends equal pings only once while a caller waits for them: all callers get the same answer. When its last caller has stopped
 * waiting, a ping is cancelled, or stays open for callers that listen for a late answer.
 */
export class SharedPings implements Prober {
  readonly #prober: Prober;
  readonly #isKnown: (request: PingRequest) => boolean;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #load = new Map<number, number>();

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
    const shared = this.#inFlight.get(key) ?? this.#send(key, request);
    shared.waiting++;
    if (shared.holdMs > 0) hooks?.onHeld?.(shared.holdMs);
    listenToQueue(shared.queue, hooks?.onQueued);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal?.removeEventListener('abort', stop);
        shared.waiting--;
      };
      const stop = (): void => {
        leave();
        listenOn(shared, hooks?.lateListener?.());
        if (shared.waiting === 0) {
          if (!shared.hasLateListener) shared.over.abort(NOBODY_WAITS);
          shared.forget();
        }
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
    let holdMs = 0;
    const onHeld = (ms: number): void => {
      holdMs = ms;
    };
    const queue: Queue = { left: undefined, listeners: [] };
    const onQueued = (left: Promise<number>): void => {
      queue.left = left;
      for (const listener of queue.listeners.splice(0)) listener(left);
    };
    const result = this.#prober.ping(request, over.signal, { onHeld, onQueued });
    let isOver = false;
    const forget = (): void => {
      if (isOver) return;
      isOver = true;
      if (this.#inFlight.get(key) === shared) this.#inFlight.delete(key);
      const load = this.loadOf(request.sender) - 1;
      if (load > 0) this.#load.set(request.sender, load);
      else this.#load.delete(request.sender);
    };
    const shared = { result, over, holdMs, queue, forget, waiting: 0, hasLateListener: false };
    this.#inFlight.set(key, shared);
    this.#load.set(request.sender, this.loadOf(request.sender) + 1);
    result.then(forget, forget);
    return shared;
  }
}

function listenToQueue(queue: Queue, listener: QueueListener | undefined): void {
  if (listener === undefined) return;
  if (queue.left !== undefined) listener(queue.left);
  else queue.listeners.push(listener);
}

function listenOn(shared: InFlight, listener: LateListener | undefined): void {
  if (listener === undefined) return;
  shared.hasLateListener = true;
  // A ping that fails has no result: it says nothing about the target.
  shared.result.then(listener, () => undefined);
}

function keyOf({ sender, target, spoof, option, ttl, timeoutMs }: PingRequest): string {
  const slots = option === undefined ? '' : `${option.type} ${String(option.slots)}`;
  return `${sender} ${target} ${spoof?.claimedSource} ${spoof?.receiver} ${slots} ${ttl} ${timeoutMs}`;
}
