import { JsonResults, ResultPartitions } from '@revtr/storage';
import { ResultKeeper } from '../results/result-keeper.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Opens the upkeep of stored results. */
export function openResults({ database, clock, log }: Context): Subsystem {
  const keeper = new ResultKeeper({
    partitions: new ResultPartitions(database.db),
    jsonResults: new JsonResults(database.db),
    clock,
    log,
  });
  return { name: 'results', start: () => keeper.start(), stop: () => keeper.stop() };
}
