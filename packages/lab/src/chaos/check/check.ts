import type { PlannedBatch } from '../plan/batches.ts';
import { acceptedBatches } from './accepted.ts';
import { checkAudit } from './audit.ts';
import type { ClientEvent } from './history.ts';
import { compareShown } from './shown.ts';
import type { Stored } from './stored.ts';
import { checkEnds, compareBatches } from './stored-pairs.ts';
import type { AddViolation, Violation } from './violations.ts';

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
  readonly violations: readonly Violation[];
}

/** What is compared. */
export interface Evidence {
  /** What the clients were to do. */
  readonly planned: readonly PlannedBatch[];
  /** What they did and were told. */
  readonly history: readonly ClientEvent[];
  /** What the database held at the end. */
  readonly stored: Stored;
}

/**
 * Compares what clients were to do, what they did and were told, and what the database holds after all faults were repaired. Knows nothing
 * else about the system.
 */
export function check({ planned, history, stored }: Evidence): CheckReport {
  const violations: Violation[] = [];
  const add: AddViolation = (kind, subject) => void violations.push({ kind, subject });
  const accepted = acceptedBatches(planned, history, add);
  compareBatches(accepted, stored, add);
  checkEnds(stored, add);
  compareShown(history, stored, accepted, add);
  compareCancellations(history, stored, add);
  checkAudit(stored, add);
  return { ...counts(planned, history, stored), ...sizesOf(accepted), violations };
}

function compareCancellations(
  history: readonly ClientEvent[],
  { batches, measurements }: Stored,
  add: AddViolation,
): void {
  const cancelled = new Set(batches.filter(({ isCancelled }) => isCancelled).map(({ id }) => id));
  const asked = new Set<number>();
  for (const event of history) {
    if (event.type === 'cancelling') asked.add(event.batchId);
    if (event.type === 'cancelled' && !cancelled.has(event.batchId)) add('lostCancellation', `batch ${event.batchId}`);
  }
  for (const { id, batchId, stopReason } of measurements)
    if (stopReason === 'cancelled' && (batchId === null || !asked.has(batchId)))
      add('unaskedCancellation', `measurement ${id}`);
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
