import { JsonResults, ResultPartitions } from '@revtr/storage';
import { ResultKeeper } from '../results/result-keeper.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Opens the upkeep of stored results. */
export function openResults(
  { database, clock, log }: Context,
  { resultDays: keptDays }: { readonly resultDays?: number | undefined },
): Subsystem {
  const keeper = new ResultKeeper(
    { keptDays },
    {
      partitions: new ResultPartitions(database.db),
      jsonResults: new JsonResults(database.db),
      clock,
      log,
    },
  );
  return { name: 'results', start: () => keeper.start(), stop: () => keeper.stop() };
}
