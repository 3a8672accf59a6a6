import type { Ipv4Address } from '@revtr/net';
import { cancelled, type PingHooks, type PingRequest, type PingResult, type Prober } from '@revtr/probing';

/** Abort reason of a ping that nobody waits for. It is one shared value because creating errors is costly. */
const NOBODY_WAITS = 'nobody waits for it';
const NOBODY: readonly never[] = [];

/** Takes the result of a ping that comes after its caller has stopped waiting. */
export type LateListener = (result: PingResult) => void;

/** How the caller of a shared ping follows it. */
export interface SharedPingHooks extends PingHooks {
  /**
   * Called when the signal fires. If it returns a listener, the ping stays open until its own timeout, and the listener gets the result.
   * Otherwise the ping is cancelled, unless other callers wait for it.
   */
  lateListener?(): LateListener | undefined;
}

/** What a {@link SharedPing} belongs to. */
export interface SharedPingOptions {
  readonly key: string;
  readonly sender: Ipv4Address;
  /** Called once, when the ping has ended or nobody waits for it any more: the next equal ping is sent again. */
  readonly onEnd: (ping: SharedPing) => void;
}

/** Somebody who waits for a shared ping. */
interface Caller {
  readonly hooks: SharedPingHooks | undefined;
  readonly signal: AbortSignal | undefined;
  /** Listens to the signal. */
  readonly stop: () => void;
  readonly resolve: (result: PingResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Somebody who has stopped waiting, and listens for a late answer. */
interface LateCaller extends Pick<Caller, 'hooks'> {
  readonly listener: LateListener;
}

/** A ping that is in flight, and those who wait for it. It is told about the ping by the prober, and passes that on. */
export class SharedPing implements PingHooks {
  readonly key: string;
  readonly sender: Ipv4Address;
  readonly #onEnd: (ping: SharedPing) => void;
  readonly #over = new AbortController();
  /** Replaced, not extended: an array that grows has room for 16 more. */
  #callers: readonly Caller[] = NOBODY;
  /** Those who do not wait any more, but listen for a late answer. */
  #lateCallers: readonly LateCaller[] = NOBODY;
  /** How long the prober holds the probe back, milliseconds. */
  #holdMs = 0;
  /** See {@link PingHooks.onQueued}. */
  #left: Promise<number> | undefined;
  #isOver = false;

  constructor({ key, sender, onEnd }: SharedPingOptions) {
    this.key = key;
    this.sender = sender;
    this.#onEnd = onEnd;
  }

  send(prober: Prober, request: PingRequest): void {
    prober.ping(request, this.#over.signal, this).then(
      (result) => {
        for (const caller of this.#end()) caller.resolve(result);
        for (const { listener } of this.#lateCallers) listener(result);
      },
      // A ping that fails has no result for late listeners: it says nothing about the target.
      (error: unknown) => {
        for (const caller of this.#end()) caller.reject(error);
      },
    );
  }

  /** Waits for the result. @throws {ProbingError} `cancelled` when the signal fires, and what the prober throws */
  wait(signal: AbortSignal | undefined, hooks: SharedPingHooks | undefined): Promise<PingResult> {
    if (this.#holdMs > 0) hooks?.onHeld?.(this.#holdMs);
    if (this.#left !== undefined) hooks?.onQueued?.(this.#left);
    return new Promise((resolve, reject) => {
      const caller: Caller = { hooks, signal, stop: () => this.#leave(caller), resolve, reject };
      this.#callers = this.#callers.concat(caller);
      // Sending the ping may have been what fired the signal.
      if (signal?.aborted) caller.stop();
      else signal?.addEventListener('abort', caller.stop, { once: true });
    });
  }

  onHeld(ms: number): void {
    this.#holdMs = ms;
  }

  onQueued(left: Promise<number>): void {
    this.#left = left;
    for (const { hooks } of [...this.#callers, ...this.#lateCallers]) hooks?.onQueued?.(left);
  }

  #leave(caller: Caller): void {
    this.#callers = this.#callers.filter((other) => other !== caller);
    const { hooks } = caller;
    const listener = hooks?.lateListener?.();
    if (listener !== undefined) this.#lateCallers = this.#lateCallers.concat({ hooks, listener });
    if (this.#callers.length === 0) {
      if (this.#lateCallers.length === 0) this.#over.abort(NOBODY_WAITS);
      this.#forget();
    }
    caller.reject(cancelled());
  }

  /** Ends the ping, and returns those who have waited for it until now. */
  #end(): readonly Caller[] {
    const callers = this.#callers;
    this.#callers = NOBODY;
    for (const { signal, stop } of callers) signal?.removeEventListener('abort', stop);
    this.#forget();
    return callers;
  }

  #forget(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this);
  }
}
