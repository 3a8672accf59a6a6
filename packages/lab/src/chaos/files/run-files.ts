import { join } from 'node:path';

/** Files in the directory of a run. */
export const RUN_FILES = {
  /** What is needed to repeat the run. */
  record: 'run.json',
  /** What clients did and were told, one event in a line. */
  history: 'history.jsonl',
  /** Faults as they happened, one step in a line. */
  faults: 'faults.jsonl',
  /** What the database held at the end. */
  stored: 'stored.json',
  /** What was found. */
  report: 'report.json',
} as const;

export const runFile = (directory: string, name: (typeof RUN_FILES)[keyof typeof RUN_FILES]): string =>
  join(directory, name);
