import { type ColdFiles, ColdStore, DirectoryFiles, S3Files } from '@revtr/storage';
import type { Logger } from 'pino';
import type { Metrics } from '../foundation/metrics.ts';
import { ColdMetrics } from '../results/cold-metrics.ts';
import type { ColdOptions, ColdPlace } from '../results/cold-options.ts';

/** What reads cold results, and its metrics. */
export interface ColdParts {
  /** Absent where all results are in the database. */
  readonly store: ColdStore | undefined;
  readonly metrics: ColdMetrics;
}

/** Opens the place of cold results for reading, where there is one. */
export function openCold(
  options: Pick<ColdOptions, 'place'> | undefined,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Logger },
): ColdParts {
  const coldMetrics = new ColdMetrics(metrics.registry);
  if (options === undefined) return { store: undefined, metrics: coldMetrics };
  const store = new ColdStore(
    {},
    {
      files: filesOf(options.place),
      onFault: ({ message, details }, cause) => {
        coldMetrics.unreadable(details.reason);
        log.error({ err: cause, ...details }, message);
      },
    },
  );
  return { store, metrics: coldMetrics };
}

const filesOf = (place: ColdPlace): ColdFiles =>
  'directory' in place ? new DirectoryFiles(place.directory) : new S3Files(place.s3);
