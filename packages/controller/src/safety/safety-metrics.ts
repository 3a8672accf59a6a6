import type { ExhaustedBudget } from '@revtr/probing';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../foundation/metrics.ts';
import type { CircuitReport } from './circuits/circuit-breaker.ts';

/** Metrics of budgets and circuit breakers. Labels are kinds, never subjects. */
export class SafetyMetrics {
  readonly #refused: Counter<'kind' | 'packets' | 'per'>;
  readonly #held: Histogram;
  readonly #opened: Counter<'kind' | 'reason'>;
  readonly #registers: Metrics['registry'][];

  constructor({ registry }: Metrics) {
    this.#registers = [registry];
    this.#refused = new Counter({
      name: 'revtr_budget_refused_total',
      help: 'Probes that were not sent because a budget had no packets left, by budget.',
      labelNames: ['kind', 'packets', 'per'],
      registers: this.#registers,
    });
    this.#held = new Histogram({
      name: 'revtr_budget_wait_seconds',
      help: 'Time for which probes waited for a budget per second.',
      buckets: [0.01, 0.1, 0.5, 1, 5, 10, 30],
      registers: this.#registers,
    });
    this.#opened = new Counter({
      name: 'revtr_circuit_opened_total',
      help: 'Networks whose probing was suspended, by reason.',
      labelNames: ['kind', 'reason'],
      registers: this.#registers,
    });
  }

  refused({ kind, packets, per }: ExhaustedBudget): void {
    this.#refused.inc({ kind, packets, per });
  }

  held(holdMs: number): void {
    this.#held.observe(holdMs / 1000);
  }

  opened({ kind, reason }: CircuitReport): void {
    this.#opened.inc({ kind, reason });
  }

  /** Shows how many networks are suspended now. */
  observeSuspended(suspended: () => readonly CircuitReport[]): void {
    new Gauge({
      name: 'revtr_circuit_open',
      help: 'Networks whose probing is suspended, by kind.',
      labelNames: ['kind'],
      registers: this.#registers,
      collect() {
        const reports = suspended();
        for (const kind of ['as', 'prefix'] as const)
          this.set({ kind }, reports.filter((report) => report.kind === kind).length);
      },
    });
  }
}
