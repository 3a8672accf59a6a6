import { parseIpv4 } from '@revtr/net';
import type { PlannedBatch } from '../plan/batches.ts';
import type { PlannedRestriction } from '../plan/restrictions.ts';
import type { Span } from '../span.ts';
import { acceptedBatches } from './accepted.ts';
import { checkAudit } from './audit.ts';
import { checkRestrictions, type RestrictionReport } from './check-restrictions.ts';
import type { ClientEvent } from './history.ts';
import { Restrictions } from './restrictions.ts';
import { compareShown } from './shown.ts';
import type { Stored } from './stored.ts';
import { checkEnds, compareBatches } from './stored-pairs.ts';
import type { AddViolation, Violation } from './violations.ts';

/** Least share of the pairs that must reach their source. */
const LEAST_REACHED = 0.5;

/** What a checker found. */
export interface CheckReport {
  readonly plannedPairs: number;
  readonly acceptedBatches: number;
  readonly acceptedPairs: number;
  readonly endedPairs: number;
  /** Ended measurements by stop reason. */
  readonly stopReasons: Readonly<Record<string, number>>;
  readonly repeatedRequests: number;
  readonly failedCalls: number;
  readonly auditedProbes: number;
  /** Share of the pairs that reached their source, of those that nobody forbade or cancelled. */
  readonly reachedShare: number;
  /** What operators forbade. */
  readonly restrictions: readonly RestrictionReport[];
  readonly violations: readonly Violation[];
}

/** What is compared. */
export interface Evidence {
  /** What the clients were to do. */
  readonly planned: readonly PlannedBatch[];
  /** What an operator was to forbid. */
  readonly restrictions: readonly PlannedRestriction[];
  /** When a process of the controller was suspended. */
  readonly suspended: readonly Span[];
  /** What the clients did and were told. */
  readonly history: readonly ClientEvent[];
  /** What the database held at the end. */
  readonly stored: Stored;
}

/**
 * Compares what clients were to do, what they did and were told, and what the database holds after all faults were repaired. Knows nothing
 * else about the system but when its processes were suspended.
 */
export function check({ planned, restrictions: forbidden, suspended, history, stored }: Evidence): CheckReport {
  const violations: Violation[] = [];
  const restrictions = new Restrictions(forbidden, history);
  const add: AddViolation = (kind, subject) => void violations.push({ kind, subject });
  const accepted = acceptedBatches(planned, history, restrictions, add);
  compareBatches(accepted, stored, add);
  checkEnds(stored, add);
  compareShown(history, stored, accepted, add);
  compareCancellations(history, stored, restrictions, add);
  checkAudit(stored, add);
  return {
    ...counts(planned, history, stored),
    ...sizesOf(accepted),
    reachedShare: checkReached(stored, restrictions, add),
    restrictions: checkRestrictions(restrictions, { history, stored, suspended }, add),
    violations,
  };
}

function checkReached({ measurements }: Stored, restrictions: Restrictions, add: AddViolation): number {
  const free = measurements.filter(
    ({ dst, stopReason }) => stopReason !== 'cancelled' && !restrictions.concerns(parseIpv4(dst)),
  );
  const reached = free.filter(({ stopReason }) => stopReason === 'reaches').length;
  if (reached < free.length * LEAST_REACHED) add('fewReached', `${reached} of ${free.length}`);
  return free.length === 0 ? 1 : Math.round((1_000 * reached) / free.length) / 1_000;
}

function compareCancellations(
  history: readonly ClientEvent[],
  { batches, measurements }: Stored,
  restrictions: Restrictions,
  add: AddViolation,
): void {
  const cancelled = new Set(batches.filter(({ isCancelled }) => isCancelled).map(({ id }) => id));
  const asked = new Set<number>();
  const seenEnds = firstEnds(history);
  for (const event of history) {
    if (event.type === 'cancelling') asked.add(event.batchId);
    if (event.type === 'cancelled' && !cancelled.has(event.batchId)) add('lostCancellation', `batch ${event.batchId}`);
  }
  for (const { id, batchId, dst, stopReason } of measurements) {
    if (stopReason !== 'cancelled' || (batchId !== null && asked.has(batchId))) continue;
    if (restrictions.find('target', parseIpv4(dst), seenEnds.get(id)) === undefined)
      add('unaskedCancellation', `measurement ${id}`);
  }
}

/** When a client was first told that a measurement has ended, by its number. */
function firstEnds(history: readonly ClientEvent[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const note = (measurement: number, at: number): void => {
    if (at < (ends.get(measurement) ?? Number.POSITIVE_INFINITY)) ends.set(measurement, at);
  };
  for (const event of history) {
    if (event.type === 'ended') note(event.measurement, event.at);
    if (event.type !== 'read') continue;
    for (const { id, stopReason } of event.measurements) if (stopReason !== undefined) note(id, event.at);
  }
  return ends;
}

function sizesOf(accepted: ReturnType<typeof acceptedBatches>): Pick<CheckReport, 'acceptedBatches' | 'acceptedPairs'> {
  const acceptedPairs = [...accepted.values()].reduce((sum, { pairs }) => sum + pairs.length, 0);
  return { acceptedBatches: accepted.size, acceptedPairs };
}

function counts(planned: readonly PlannedBatch[], history: readonly ClientEvent[], stored: Stored) {
  const answers = history.filter((event) => event.type === 'accepted');
  const ended = stored.measurements.flatMap(({ state, stopReason }) =>
    state === 'done' && stopReason !== null ? [stopReason] : [],
  );
  const stopReasons: Record<string, number> = {};
  for (const reason of ended) stopReasons[reason] = (stopReasons[reason] ?? 0) + 1;
  return {
    plannedPairs: planned.reduce((sum, { pairs }) => sum + pairs.length, 0),
    endedPairs: ended.length,
    stopReasons,
    repeatedRequests: answers.length - new Set(answers.map(({ key }) => key)).size,
    failedCalls: history.filter(({ type }) => type === 'failed').length,
    auditedProbes: stored.audited.reduce((sum, { probes }) => sum + probes, 0),
  };
}
