import type { Pair } from '../plan/batches.ts';
import type { AcceptedBatch } from './accepted.ts';
import type { Stored } from './stored.ts';
import type { AddViolation } from './violations.ts';

/** Compares the accepted batches with the stored ones: each batch and pair is stored once, and nothing else is. */
export function compareBatches(
  accepted: ReadonlyMap<number, AcceptedBatch>,
  { batches, measurements }: Stored,
  add: AddViolation,
): void {
  const measurementsOf = Map.groupBy(measurements, ({ batchId }) => batchId);
  const batchesById = new Map(batches.map((batch) => [batch.id, batch]));
  for (const [id, { user, pairs }] of accepted) {
    const batch = batchesById.get(id);
    if (batch === undefined) {
      add('lostBatch', `batch ${id}`);
      continue;
    }
    if (batch.user !== `user${user}@example.org` || batch.size !== pairs.length) add('extraPair', `batch ${id}`);
    comparePairs(id, pairs, measurementsOf.get(id) ?? [], add);
  }
  for (const { id, user } of batches) if (!accepted.has(id)) add('duplicateBatch', `batch ${id} of ${user}`);
  for (const { id } of measurementsOf.get(null) ?? []) add('orphan', `measurement ${id}`);
}

/** A batch may hold a pair more than once: the pairs are compared as multisets. */
function comparePairs(
  batchId: number,
  pairs: readonly Pair[],
  measurements: Stored['measurements'],
  add: AddViolation,
): void {
  const missing = new Map<string, number>();
  for (const { src, dst } of pairs) missing.set(`${src} ${dst}`, (missing.get(`${src} ${dst}`) ?? 0) + 1);
  for (const { id, src, dst } of measurements) {
    const left = missing.get(`${src} ${dst}`) ?? 0;
    if (left === 0) add('extraPair', `measurement ${id} of batch ${batchId}`);
    missing.set(`${src} ${dst}`, left - 1);
  }
  for (const [pair, left] of missing)
    for (let i = 0; i < left; i++) add('lostPair', `pair ${pair} of batch ${batchId}`);
}

/** Every stored measurement has ended exactly once. */
export function checkEnds({ measurements }: Stored, add: AddViolation): void {
  for (const { id, state, stopReason, endings } of measurements) {
    if (state !== 'done' || stopReason === null) add('notEnded', `measurement ${id}`);
    else if (endings === 0) add('uncountedEnd', `measurement ${id}`);
    if (endings > 1) add('endedTwice', `measurement ${id}`);
  }
}
