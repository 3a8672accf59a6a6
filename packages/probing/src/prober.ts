import { ProbingError } from './errors.ts';
import type { PingRequest, TracerouteRequest } from './request.ts';
import type { PingResult, TracerouteResult } from './result.ts';

/**
 * Sends probes: through the simulator, scamper, or connected agents. Callers may run any number of calls in parallel; the prober
 * limits the rate. A call rejects with a {@link ProbingError}: with `invalidRequest` or `unknownSender` before it sends anything,
 * and with `cancelled` as soon as its signal fires. A probe that is held back to protect a network rejects with `budgetExhausted` or `circuitOpen`.
 */
export interface Prober {
  /** Sends one echo request and waits for its reply or the timeout. */
  ping(request: PingRequest, signal?: AbortSignal, hooks?: PingHooks): Promise<PingResult>;
  /** Runs one Paris traceroute. */
  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult>;
}

/** How the caller of a ping follows it. */
export interface PingHooks {
  /**
   * Called, before `ping` returns its promise, by a prober that holds the probe back for a while to keep to a rate. The caller's own
   * wait for the reply begins after `holdMs` milliseconds.
   */
  onHeld?(holdMs: number): void;
  /**
   * Called by a prober whose probes are sent by other hosts, before it hands the probe to one of them. `left` resolves when the host has the
   * probe, with how long the probe's way through the system takes in addition, milliseconds. The caller's own wait for the reply begins after
   * that: a system that is slow, or a host that is far away, must not look like a silent target. `left` does not reject.
   */
  onQueued?(left: Promise<number>): void;
}

/** Options of {@link pingAll}. */
export interface BatchOptions<Result> {
  /** Maximum number of probes in flight. Default: all. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Called with each result as it arrives. */
  readonly onResult?: (result: Result, index: number) => void;
}

/**
 * Runs many pings and returns their results in the order of `requests`. A ping that the prober refuses is left out and reported to
 * `onRefused`; the others continue. @throws {ProbingError} `cancelled` when the signal fires
 */
export async function pingAll(
  prober: Prober,
  requests: readonly PingRequest[],
  options: BatchOptions<PingResult> & { readonly onRefused?: (error: ProbingError, request: PingRequest) => void } = {},
): Promise<PingResult[]> {
  const results = new Array<PingResult | undefined>(requests.length);
  await inParallel(requests.length, options.concurrency ?? requests.length, async (index) => {
    try {
      const result = await prober.ping(requests[index], options.signal);
      results[index] = result;
      options.onResult?.(result, index);
    } catch (error) {
      if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
      options.onRefused?.(error, requests[index]);
    }
  });
  return results.filter((result) => result !== undefined);
}

/**
 * Runs `work` for 0 to `count` - 1 with at most `concurrency` calls at a time. After a failure no further call begins. Settles when the calls under way have
 * ended: what they measure must not arrive after that. Rejects with what failed first.
 */
export async function inParallel(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let first: { readonly error: unknown } | undefined;
  const runner = async (): Promise<void> => {
    while (next < count && first === undefined)
      try {
        await work(next++);
      } catch (error) {
        first ??= { error };
      }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, runner));
  if (first !== undefined) throw first.error;
}
