import {
  emptyStats,
  type FailReason,
  type MeasureHooks,
  type ReverseTraceroute,
  type ReverseTracerouteRequest,
} from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import type { ManualClock } from './manual-clock.ts';

/** Measurements that end when the test ends them. */
export class HeldEngine {
  readonly #clock: ManualClock;
  readonly #ends = new Map<string, (outcome?: Error | FailReason) => void>();
  readonly begun: string[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  measure(request: ReverseTracerouteRequest, { signal }: MeasureHooks = {}): Promise<ReverseTraceroute> {
    const { source, destination } = request;
    const text = formatIpv4(destination);
    this.begun.push(text);
    const startedAt = this.#clock.now();
    return new Promise((resolve, reject) => {
      const result = (stopReason: 'reaches' | 'cancelled' | 'failed', failReason?: FailReason): ReverseTraceroute => ({
        source,
        destination,
        plan: 'held',
        stopReason,
        ...(failReason && { failReason }),
        hops: [],
        confidence: 1,
        startedAt,
        endedAt: this.#clock.now(),
        stats: emptyStats(),
        attempts: [],
      });
      signal?.addEventListener('abort', () => resolve(result('cancelled')), { once: true });
      this.#ends.set(text, (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome === undefined ? result('reaches') : result('failed', outcome));
      });
    });
  }

  end(destination: string, outcome?: Error | FailReason): void {
    this.#ends.get(destination)?.(outcome);
  }
}
