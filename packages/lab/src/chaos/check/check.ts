import type { ClientEvent, ShownMeasurement } from './history.ts';
import type { Stored } from './stored.ts';

/** Kinds of violations, and what each means. */
export const VIOLATIONS = {
  lostBatch: 'a batch was accepted and is not stored',
  lostPair: 'a pair of an accepted batch is not stored',
  extraPair: 'a stored batch has a pair that nobody submitted',
  notEnded: 'an accepted measurement has not ended',
  endedTwice: 'a measurement has ended more than once',
  duplicateBatch: 'a batch is stored that no accepted request explains',
  keyReused: 'one idempotency key was answered with different batches',
  orphan: 'a measurement without a batch is stored',
  changedResult: 'a result has changed after a client was told',
  wrongStopReason: 'a client was told another stop reason than the database holds',
  lostCancellation: 'a cancelled batch is not stored as cancelled',
  unaskedCancellation: 'a measurement ended as cancelled although nobody cancelled its batch',
  refused: 'the server refused a batch of valid pairs',
  unread: 'an accepted batch was not read at the end',
  strangeProbe: 'a probe was audited for a measurement that nobody submitted, or for nothing',
} as const;
export type ViolationKind = keyof typeof VIOLATIONS;

/** Something that must not happen. */
interface Violation {
  readonly kind: ViolationKind;
  /** What it is about, for example `measurement 12`. */
  readonly subject: string;
}

/** What a checker found. */
export interface CheckReport {
  readonly acceptedBatches: number;
  readonly acceptedPairs: number;
  readonly endedPairs: number;
  readonly cancelledPairs: number;
  readonly repeatedRequests: number;
  readonly failedCalls: number;
  readonly auditedProbes: number;
  readonly violations: readonly Violation[];
}

interface AcceptedBatch {
  readonly batchId: number;
  readonly user: number;
  readonly pairs: readonly { readonly src: string; readonly dst: string }[];
}

/** Work of the system that sends probes although no user has asked for it. */
const OWN_WORK = new Set(['atlasRun', 'agentTest', 'survey', 'selfAudit']);

/** Compares what clients were told with what the database holds after all faults were repaired. Knows nothing else about the system. */
export function check(history: readonly ClientEvent[], stored: Stored): CheckReport {
  const violations: Violation[] = [];
  const add = (kind: ViolationKind, subject: string): void => void violations.push({ kind, subject });
  const accepted = acceptedBatches(history, add);
  const measurementsOf = Map.groupBy(stored.measurements, ({ batchId }) => batchId);
  const batchesById = new Map(stored.batches.map((batch) => [batch.id, batch]));
  for (const [id, { user, pairs }] of accepted) {
    const batch = batchesById.get(id);
    if (batch === undefined) {
      add('lostBatch', `batch ${id}`);
      continue;
    }
    if (batch.user !== `user${user}@example.org` || batch.size !== pairs.length) add('extraPair', `batch ${id}`);
    comparePairs(id, pairs, measurementsOf.get(id) ?? [], add);
  }
  for (const { id, user } of stored.batches) if (!accepted.has(id)) add('duplicateBatch', `batch ${id} of ${user}`);
  for (const { id } of measurementsOf.get(null) ?? []) add('orphan', `measurement ${id}`);
  checkEnds(stored, add);
  compareShown(history, stored, accepted, add);
  compareCancellations(history, stored, batchesById, add);
  checkAudit(stored, add);
  return {
    acceptedBatches: accepted.size,
    acceptedPairs: [...accepted.values()].reduce((sum, { pairs }) => sum + pairs.length, 0),
    endedPairs: stored.measurements.filter(({ state, stopReason }) => state === 'done' && stopReason !== null).length,
    cancelledPairs: stored.measurements.filter(({ stopReason }) => stopReason === 'cancelled').length,
    repeatedRequests: history.filter(({ type }) => type === 'accepted').length - accepted.size,
    failedCalls: history.filter(({ type }) => type === 'failed').length,
    auditedProbes: stored.audited.reduce((sum, { probes }) => sum + probes, 0),
    violations,
  };
}

type Add = (kind: ViolationKind, subject: string) => void;

/** Batches by id, without the pairs that the server named as left out. */
function acceptedBatches(history: readonly ClientEvent[], add: Add): ReadonlyMap<number, AcceptedBatch> {
  const submitted = new Map<string, AcceptedBatch['pairs']>();
  const byKey = new Map<string, number>();
  const accepted = new Map<number, AcceptedBatch>();
  for (const event of history) {
    if (event.type === 'submitting') submitted.set(event.key, event.pairs);
    if (event.type === 'refused') add('refused', `key ${event.key}: ${event.code}`);
    if (event.type !== 'accepted') continue;
    const { key, batchId, user, rejected } = event;
    if ((byKey.get(key) ?? batchId) !== batchId)
      add('keyReused', `key ${key}: batches ${byKey.get(key)} and ${batchId}`);
    byKey.set(key, batchId);
    const left = new Set(rejected);
    accepted.set(batchId, { batchId, user, pairs: (submitted.get(key) ?? []).filter((_, i) => !left.has(i)) });
  }
  return accepted;
}

/** A batch may hold a pair more than once: the pairs are compared as multisets. */
function comparePairs(
  batchId: number,
  pairs: AcceptedBatch['pairs'],
  measurements: Stored['measurements'],
  add: Add,
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

function checkEnds({ measurements }: Stored, add: Add): void {
  for (const { id, state, stopReason, endings } of measurements) {
    if (state !== 'done' || stopReason === null) add('notEnded', `measurement ${id}`);
    if (endings > 1) add('endedTwice', `measurement ${id}`);
  }
}

/** What clients were shown of a measurement at any time must be what the database holds, and what they are shown at the end. */
function compareShown(
  history: readonly ClientEvent[],
  stored: Stored,
  accepted: ReadonlyMap<number, AcceptedBatch>,
  add: Add,
): void {
  const storedById = new Map(stored.measurements.map((measurement) => [measurement.id, measurement]));
  const first = new Map<number, ShownMeasurement>();
  const unread = new Set(accepted.keys());
  const tellWrong = new Set<number>();
  const compareStopReason = (id: number, told: string | undefined): void => {
    if ((storedById.get(id)?.stopReason ?? undefined) !== told) tellWrong.add(id);
  };
  for (const event of history) {
    if (event.type === 'ended') compareStopReason(event.measurement, event.stopReason);
    if (event.type !== 'read') continue;
    if (event.isFinal) unread.delete(event.batchId);
    for (const measurement of event.measurements) {
      if (measurement.state !== 'done') {
        // What has ended does not begin again.
        if (first.has(measurement.id) || event.isFinal) add('changedResult', `measurement ${measurement.id}`);
        continue;
      }
      compareStopReason(measurement.id, measurement.stopReason);
      const before = first.get(measurement.id);
      if (before !== undefined && before.digest !== measurement.digest)
        add('changedResult', `measurement ${measurement.id}`);
      first.set(measurement.id, before ?? measurement);
    }
  }
  for (const id of tellWrong) add('wrongStopReason', `measurement ${id}`);
  for (const id of unread) add('unread', `batch ${id}`);
}

function compareCancellations(
  history: readonly ClientEvent[],
  { measurements }: Stored,
  batchesById: ReadonlyMap<number, Stored['batches'][number]>,
  add: Add,
): void {
  const asked = new Set<number>();
  for (const event of history) {
    if (event.type === 'cancelling') asked.add(event.batchId);
    if (event.type === 'cancelled' && batchesById.get(event.batchId)?.isCancelled !== true)
      add('lostCancellation', `batch ${event.batchId}`);
  }
  for (const { id, batchId, stopReason } of measurements)
    if (stopReason === 'cancelled' && (batchId === null || !asked.has(batchId)))
      add('unaskedCancellation', `measurement ${id}`);
}

function checkAudit({ measurements, audited }: Stored, add: Add): void {
  const batchOf = new Map(measurements.map(({ id, batchId }) => [id, batchId]));
  for (const { cause, causeId, batchId } of audited) {
    if (OWN_WORK.has(cause)) continue;
    const isKnown = cause === 'measurement' && batchOf.has(causeId) && batchOf.get(causeId) === batchId;
    if (!isKnown) add('strangeProbe', `${cause} ${causeId} of batch ${batchId}`);
  }
}
