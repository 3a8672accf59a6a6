import { ColdPartitions, JsonResults, type MoveStep, ResultPartitions } from '@revtr/storage';
import { ColdKeeper } from '../results/cold-keeper.ts';
import type { ColdOptions } from '../results/cold-options.ts';
import { ResultKeeper } from '../results/result-keeper.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Opens the upkeep of stored results. */
export function openResults(
  { database, cold, clock, log }: Context,
  {
    resultDays: keptDays,
    cold: coldOptions,
  }: { readonly resultDays?: number | undefined; readonly cold?: ColdOptions | undefined },
): Subsystem {
  const { db } = database;
  const onStep = (step: MoveStep): void => log.debug({ step }, 'a step of the move of results to files is done');
  const coldKeeper =
    coldOptions &&
    cold.store &&
    new ColdKeeper(coldOptions, {
      cold: new ColdPartitions({}, { db, store: cold.store, onStep }),
      ...{ metrics: cold.metrics, clock, log },
    });
  const keeper = new ResultKeeper(
    { keptDays },
    {
      partitions: new ResultPartitions(db),
      jsonResults: new JsonResults(db),
      cold: coldKeeper,
      clock,
      log,
    },
  );
  return { name: 'results', start: () => keeper.start(), stop: () => keeper.stop() };
}
