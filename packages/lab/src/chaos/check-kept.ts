import { readHistory } from './check/history.ts';
import { readStoredFile } from './check/stored.ts';
import { type CheckedRun, checkRun } from './check-run.ts';
import { problemsOf, readFaultEvents } from './faults/fault-event.ts';
import { RUN_FILES, runFile } from './files/run-files.ts';
import { readRunRecord } from './plan/run-record.ts';

/** What the checker finds in a run that was kept. */
export interface KeptReport extends CheckedRun {
  readonly seed: number;
  readonly scenario?: string;
  /** Faults that could not be injected or repaired. */
  readonly problems: readonly string[];
}

/** Runs the checker on the directory of an earlier run. @throws {ChaosError} `unreadableRun` */
export function checkKept(directory: string): KeptReport {
  const record = readRunRecord(directory);
  const { seed, scenario } = record;
  const events = readFaultEvents(runFile(directory, RUN_FILES.faults));
  const history = readHistory(runFile(directory, RUN_FILES.history));
  const stored = readStoredFile(runFile(directory, RUN_FILES.stored));
  return {
    seed,
    ...(scenario !== undefined && { scenario }),
    problems: problemsOf(events),
    ...checkRun(record, events, { history, stored }),
  };
}
