import { statSync, writeFileSync } from 'node:fs';
import { isSize, type Size } from '@revtr/sim';
import { z } from 'zod';
import { readRunFile } from '../files/read-run-file.ts';
import { RUN_FILES, runFile } from '../files/run-files.ts';
import { plannedBatchSchema } from './batches.ts';
import { faultSchema } from './fault.ts';
import { plannedRestrictionSchema } from './restrictions.ts';
import { SCENARIO_NAMES } from './scenario-names.ts';

/** Version of the format. Records of formats 1, without restrictions, and 2, in which no restriction waits for a probe, can be replayed and checked as well. */
export const RECORD_FORMAT = 3;

/** The system that a run starts: everything that differs between runs. */
const systemSchema = z.strictObject({
  /** Simulated Internet. */
  size: z.custom<Size>((size) => typeof size === 'string' && isSize(size), 'unknown size'),
  worldSeed: z.int(),
  sources: z.int().min(1),
  vantagePoints: z.int().min(1),
  users: z.int().min(1),
});

const runRecordSchema = z.strictObject({
  format: z.literal([1, 2, RECORD_FORMAT]),
  /** Versions of the programs of the run, for people. */
  programs: z.record(z.string(), z.string()),
  system: systemSchema,
  seed: z.int(),
  /** Name of the scenario. Absent if the faults were drawn. */
  scenario: z.enum(SCENARIO_NAMES).exactOptional(),
  batches: z.array(plannedBatchSchema),
  faults: z.array(faultSchema),
  /** What an operator forbids meanwhile. */
  restrictions: z.array(plannedRestrictionSchema).default([]),
});
/** Everything that is needed to repeat a run: what is started, what clients do, and what happens to the system, with times since the start. */
export type RunRecord = z.infer<typeof runRecordSchema>;

export function writeRunRecord(directory: string, record: RunRecord): void {
  writeFileSync(runFile(directory, RUN_FILES.record), JSON.stringify(record));
}

/**
 * Reads the record of an earlier run.
 * @param path the record, or the directory of the run
 * @throws {ChaosError} `unreadableRun`
 */
export function readRunRecord(path: string): RunRecord {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isDirectory ? runFile(path, RUN_FILES.record) : path;
  return readRunFile(file, (text) => runRecordSchema.parse(JSON.parse(text)));
}
