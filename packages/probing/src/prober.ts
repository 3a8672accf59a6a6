import { ProbingError } from './errors.ts';
import type { PingRequest, TracerouteRequest } from './request.ts';
import type { PingResult, TracerouteResult } from './result.ts';

/**
 * Whatever sends probes: the simulator, scamper, an agent far away. Calls may run in parallel without limit; pacing is
 * the prober's own business. A call rejects with a {@link ProbingError}: `invalidRequest` and `unknownSender` before
 * anything is sent, `cancelled` as soon as its signal fires.
 */
export interface Prober {
  /** Sends one echo request and waits for its reply or the timeout. */
  ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult>;
  /** Runs one Paris traceroute. */
  traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult>;
}

/** How a batch is run. */
export interface BatchOptions<Result> {
  /** Probes under way at once. Default: all. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Told of each result as it arrives. */
  readonly onResult?: (result: Result, index: number) => void;
}

/**
 * Runs many pings and returns those that could be run, in the order of `requests`. A probe refused for reasons of its own
 * is left out and told to `onRefused`; the rest goes on. @throws {ProbingError} `cancelled` when the signal fires
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

/** Runs `work` for 0 to `count`-1 with at most `concurrency` under way; the first failure rejects. */
export async function inParallel(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, runner));
}
