import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { namesOf } from '../../chaos/system/names.ts';
import { untilReady } from '../../cluster/servers.ts';
import type { AlertSystem } from '../system/alert-system.ts';
import type { Trial } from './trial.ts';

const OLD = `now() - interval '40 days'`;
const HIDDEN = '.hidden';
/** Unfinished files have other names. */
const FINAL = /^\d{4}\/.*\.parquet$/;

/** Lets the duty begin again: what failed before is not waited for. */
async function restartKeepers({ chaos }: AlertSystem): Promise<void> {
  const keepers = namesOf('atlas').flatMap((name) => chaos.controllers.get(name) ?? []);
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  for (const keeper of keepers) keeper.start();
}

/** The results of the first partition are from 40 days ago, as far as the database knows. */
async function ageResults(system: AlertSystem): Promise<void> {
  const { primary } = system.chaos.postgres;
  await primary.query(
    `update result_partitions set opened_at = ${OLD} where closed_at is null and opened_at is not null`,
  );
  await restartKeepers(system);
  const closed = `update result_partitions set closed_at = ${OLD} where closed_at is not null returning first_id`;
  await untilReady('the partition of the next day', async () => (await primary.query(closed)).length > 0);
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => FINAL.test(name));

/** Old results cannot move to files. */
export const coldDiskFull: Trial = {
  fault: 'The disk of cold results is full, and a partition is dated back by 40 days.',
  alerts: ['RevtrColdOverdue'],
  others: ['RevtrControllerDown', 'RevtrRoleMissing'],
  begin: async (system) => {
    system.coldDisk.fill();
    await ageResults(system);
    await restartKeepers(system);
    return async () => {
      system.coldDisk.free();
      await restartKeepers(system);
    };
  },
};

/** A file of results that moved is lost. */
export const coldFileMissing: Trial = {
  fault: 'A file of cold results is moved away, and a result in it is read through the API.',
  alerts: ['RevtrColdUnreadable'],
  others: ['RevtrApiErrors'],
  begin: async ({ chaos, coldDisk: { directory }, operator }) => {
    const moved = 'select first_id from result_partitions where moved_at is not null';
    await untilReady('cold results', async () => (await chaos.postgres.primary.query(moved)).length > 0);
    const files = filesIn(directory).map((name) => join(directory, name));
    for (const file of files) renameSync(file, `${file}${HIDDEN}`);
    const [id] = await chaos.postgres.primary.query(moved);
    await operator.measurement(Number(id)).catch(() => undefined);
    return async () => {
      for (const file of files) renameSync(`${file}${HIDDEN}`, file);
    };
  },
};
