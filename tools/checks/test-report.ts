import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { z } from 'zod';

const TEST = z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).default([]) });
const FILE = z.object({
  name: z.string(),
  status: z.string(),
  message: z.string().default(''),
  assertionResults: z.array(TEST),
});
/** The parts of a report of the JSON reporter (https://vitest.dev/guide/reporters#json-reporter) that are used here. */
const REPORT = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(FILE),
});

/** A file with tests of which at least one failed, or which could not be run. */
export interface FailedFile {
  /** Relative to the working directory. */
  readonly path: string;
  /** What failed in it, with the first line of the reason. */
  readonly failures: readonly string[];
}

/** How a run of tests ended. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Not counting those of a file that failed: its set-up may have. */
  readonly skipped: number;
  readonly failedFiles: readonly FailedFile[];
}

/** Reads a report. Undefined if there is none, because the run broke off. */
export function readReport(path: string): Outcome | undefined {
  if (!existsSync(path)) return undefined;
  const report = REPORT.parse(JSON.parse(readFileSync(path, 'utf8')));
  const [failed, ended] = [true, false].map((isFailed) =>
    report.testResults.filter(({ status }) => (status === 'failed') === isFailed),
  );
  const statuses = ended.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: statuses.filter((status) => status !== 'passed').length,
    failedFiles: failed.map(toFailedFile),
  };
}

function toFailedFile({ name, message, assertionResults }: z.infer<typeof FILE>): FailedFile {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const failures = failed.map(
    ({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages.join('\n'))}`,
  );
  return {
    path: relative(process.cwd(), name),
    failures: failures.length > 0 ? failures : [firstLine(message) || 'could not run its tests'],
  };
}

const firstLine = (text: string): string => text.trim().split('\n', 1).join('');
