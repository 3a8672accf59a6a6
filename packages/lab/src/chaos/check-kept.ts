import { type CheckReport, check } from './check/check.ts';
import { readHistory } from './check/history.ts';
import { readStoredFile } from './check/stored.ts';
import { countKinds, problemsOf, readFaultEvents, suspensionsOf } from './faults/fault-event.ts';
import { RUN_FILES, runFile } from './files/run-files.ts';
import { readRunRecord } from './plan/run-record.ts';
import { TARGETS } from './system/targets.ts';

/** What the checker finds in a run that was kept. */
export interface KeptReport extends CheckReport {
  readonly seed: number;
  readonly scenario?: string;
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that could not be injected or repaired. */
  readonly problems: readonly string[];
}

/** Runs the checker on the directory of an earlier run. @throws {ChaosError} `unreadableRun` */
export function checkKept(directory: string): KeptReport {
  const { seed, scenario, batches, restrictions } = readRunRecord(directory);
  const events = readFaultEvents(runFile(directory, RUN_FILES.faults));
  const history = readHistory(runFile(directory, RUN_FILES.history));
  const stored = readStoredFile(runFile(directory, RUN_FILES.stored));
  return {
    seed,
    ...(scenario !== undefined && { scenario }),
    faults: countKinds(events),
    problems: problemsOf(events),
    ...check({
      planned: batches,
      restrictions,
      suspended: suspensionsOf(events, TARGETS.controllers),
      history,
      stored,
    }),
  };
}
