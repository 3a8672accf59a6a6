import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIZES } from '@revtr/sim';
import { z } from 'zod';
import { faultSchema } from './faults/fault.ts';

const RECORD_FILE = 'run.json';

const campaignSchema = z.object({
  seed: z.int(),
  /** Name of the scenario; absent when the faults were drawn. */
  scenario: z.string().exactOptional(),
  measurements: z.int(),
  submitForMs: z.number(),
  faults: z.array(faultSchema),
});
const recordSchema = z.object({
  versions: z.record(z.string(), z.string()),
  size: z.custom<keyof typeof SIZES>((size) => typeof size === 'string' && Object.hasOwn(SIZES, size)),
  campaigns: z.array(campaignSchema),
});
/** Everything that is needed to repeat a run. */
export type RunRecord = z.infer<typeof recordSchema>;

export function writeRunRecord(directory: string, record: RunRecord): void {
  writeFileSync(join(directory, RECORD_FILE), JSON.stringify(record, null, 2));
}

/** Reads the record of an earlier run. @throws {Error} when there is none */
export const readRunRecord = (directory: string): RunRecord =>
  recordSchema.parse(JSON.parse(readFileSync(join(directory, RECORD_FILE), 'utf8')));

/** The versions of the programs of a run. */
export function versions(): Record<string, string> {
  const of = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' }).trim();
  return {
    commit: of('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty'),
    node: process.version,
    postgres: of('psql', '--version'),
    nats: of('/usr/sbin/nats-server', '--version'),
  };
}
