import { type CheckReport, check, type Evidence } from './check/check.ts';
import { countKinds, type FaultEvent, suspensionsOf } from './faults/fault-event.ts';
import type { RunRecord } from './plan/run-record.ts';
import { TARGETS } from './system/targets.ts';

/** What the checker finds in a run, and how many faults of each kind it had. */
export interface CheckedRun extends CheckReport {
  readonly faults: Readonly<Record<string, number>>;
}

/** Runs the checker on what a run has planned, injected and seen. */
export const checkRun = (
  { batches, restrictions }: Pick<RunRecord, 'batches' | 'restrictions'>,
  events: readonly FaultEvent[],
  seen: Pick<Evidence, 'history' | 'stored'>,
): CheckedRun => ({
  faults: countKinds(events),
  ...check({ planned: batches, restrictions, suspended: suspensionsOf(events, TARGETS.controllers), ...seen }),
});
