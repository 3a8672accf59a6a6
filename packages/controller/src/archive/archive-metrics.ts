import type { NewArchiveFile } from '@revtr/storage';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the public archive. */
export class ArchiveMetrics {
  readonly #results: Counter;
  readonly #bytes: Counter;
  readonly #failures: Counter;
  readonly #pending: Gauge;
  readonly #last: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#results = new Counter({
      ...{ name: 'revtr_archive_results_total', help: 'Results written to the public archive.', registers },
    });
    this.#bytes = new Counter({
      ...{ name: 'revtr_archive_bytes_total', help: 'Bytes written to the public archive.', registers },
    });
    this.#failures = new Counter({
      ...{ name: 'revtr_archive_failures_total', help: 'Runs of the public archive that failed.', registers },
    });
    this.#pending = new Gauge({
      ...{ name: 'revtr_archive_pending_results', help: 'Results that wait for the public archive.', registers },
    });
    this.#last = new Gauge({
      ...{
        name: 'revtr_archive_last_success_timestamp_seconds',
        help: 'When the archive was last complete.',
        registers,
      },
    });
  }

  written(files: readonly NewArchiveFile[]): void {
    this.#results.inc(files[0]?.rows ?? 0);
    for (const { bytes } of files) this.#bytes.inc(bytes);
  }

  failed(): void {
    this.#failures.inc();
  }

  /** `now`: milliseconds since the Unix epoch. */
  ended(pending: number, now: number): void {
    this.#pending.set(pending);
    this.#last.set(now / 1000);
  }
}
