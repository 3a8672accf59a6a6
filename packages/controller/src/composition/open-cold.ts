import { ColdStore } from '@revtr/storage';
import type { Logger } from 'pino';
import type { Metrics } from '../foundation/metrics.ts';
import { ColdMetrics } from '../results/cold-metrics.ts';

/** Where old results are, and when they move there. */
export interface ColdOptions {
  /** The same directory for all processes of a cluster. */
  readonly directory: string;
  /** How long results stay in the database after the day on which they were submitted, days. */
  readonly afterDays: number;
}

/** What reads cold results, and its metrics. */
export interface ColdParts {
  /** Absent where all results are in the database. */
  readonly store: ColdStore | undefined;
  readonly metrics: ColdMetrics;
}

/** Opens the directory of cold results for reading, where there is one. */
export function openCold(
  options: Pick<ColdOptions, 'directory'> | undefined,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Logger },
): ColdParts {
  const coldMetrics = new ColdMetrics(metrics.registry);
  if (options === undefined) return { store: undefined, metrics: coldMetrics };
  const store = new ColdStore(
    { directory: options.directory },
    {
      onFault: ({ message, details }, cause) => {
        coldMetrics.unreadable(details.reason);
        log.error({ err: cause, ...details }, message);
      },
    },
  );
  return { store, metrics: coldMetrics };
}
