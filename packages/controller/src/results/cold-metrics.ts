import type { ColdTotals, StorageErrorDetails } from '@revtr/storage';
import { Counter, Gauge, type Registry } from 'prom-client';

type Reason = StorageErrorDetails['coldUnreadable']['reason'];
const REASONS: readonly Reason[] = ['noPlace', 'missing', 'damaged', 'failed'];

/** Metrics of cold results. */
export class ColdMetrics {
  readonly #partitions: Gauge;
  readonly #results: Gauge;
  readonly #files: Gauge;
  readonly #bytes: Gauge;
  readonly #overdue: Gauge;
  readonly #last: Gauge;
  readonly #failures: Counter;
  readonly #unreadable: Counter;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
    this.#partitions = gauge('revtr_cold_partitions', 'Partitions of results that have moved to files.');
    this.#results = gauge('revtr_cold_results', 'Results in files.');
    this.#files = gauge('revtr_cold_files', 'Files of cold results.');
    this.#bytes = gauge('revtr_cold_bytes', 'Bytes of the files of cold results.');
    this.#overdue = gauge(
      'revtr_cold_overdue_seconds',
      'How long the oldest partition that has not moved has been due to move; 0 when none is.',
    );
    this.#last = gauge('revtr_cold_last_success_timestamp_seconds', 'When all that was due had last moved.');
    this.#failures = new Counter({
      ...{ name: 'revtr_cold_failures_total', help: 'Runs that could not move, erase or delete what was due.' },
      registers: [registry],
    });
    this.#unreadable = new Counter({
      ...{ name: 'revtr_cold_unreadable_total', help: 'Reads of files of cold results that failed, by reason.' },
      labelNames: ['reason'],
      registers: [registry],
    });
    // Prometheus sees no increase from nothing to the first failure.
    for (const reason of REASONS) this.#unreadable.inc({ reason }, 0);
  }

  /** A file could not be read. */
  unreadable(reason: Reason): void {
    this.#unreadable.inc({ reason });
  }

  /** A run has failed. */
  failed(): void {
    this.#failures.inc();
  }

  /** A run has done all that was due. `now`: milliseconds since the Unix epoch. */
  succeeded(now: number): void {
    this.#last.set(now / 1_000);
  }

  /** Another process moves results from now on, and knows what is due. */
  ended(): void {
    this.#overdue.set(0);
  }

  /** What is in files, and for how long a partition has been due that is not, seconds. */
  set({ partitions, results, files, bytes }: ColdTotals, overdueSeconds: number): void {
    this.#partitions.set(partitions);
    this.#results.set(results);
    this.#files.set(files);
    this.#bytes.set(bytes);
    this.#overdue.set(overdueSeconds);
  }
}
