import type { Kysely, Transaction } from 'kysely';
import type { ColdRow } from '../cold/cold-row.ts';
import type { ColdFiles } from '../cold/files/cold-files.ts';
import { type WriteOptions, type WrittenFile, writeColdFiles } from '../cold/write-cold-files.ts';
import type { Schema } from '../schema/schema.ts';
import { exclusively } from './partition-lock.ts';
import { UnfinishedFiles } from './unfinished-files.ts';

/** Steps of the work, each named when it is done. The process may be killed at any of them. */
export type MoveStep = 'written' | 'taken' | 'recorded';

export interface RecordCollaborators<Checked> {
  readonly db: Kysely<Schema>;
  readonly files: ColdFiles;
  /** Checks whether the files are still what is to be recorded; `undefined` when they are not. */
  readonly check: (db: Transaction<Schema>) => Promise<Checked | undefined>;
  /** Records the files in the same transaction. */
  readonly record: (db: Transaction<Schema>, written: readonly WrittenFile[], checked: Checked) => Promise<void>;
  readonly onStep?: (step: MoveStep) => void;
}

/**
 * Writes rows to files, and records these in a transaction. The files are complete, and their content was read again and compared, before the transaction
 * begins. Returns `undefined` when nothing is to be recorded. Files that are not recorded are deleted, now or later.
 */
export async function writeAndRecord<Checked>(
  rows: AsyncIterable<readonly ColdRow[]>,
  options: WriteOptions,
  { db, files, check, record, onStep = () => undefined }: RecordCollaborators<Checked>,
): Promise<readonly WrittenFile[] | undefined> {
  const unfinished = new UnfinishedFiles({ db, files });
  let isRecorded = false;
  try {
    const written = await writeColdFiles(rows, options, { files, onBegin: (path) => unfinished.begin(path) });
    onStep('written');
    isRecorded = await exclusively(db, async (transaction) => {
      // First of all: what the check locks must not wait for the place.
      await unfinished.hold(transaction, written);
      const checked = await check(transaction);
      if (checked === undefined) return false;
      await unfinished.take(transaction, written);
      onStep('taken');
      await record(transaction, written, checked);
      return true;
    });
    if (!isRecorded) return undefined;
    onStep('recorded');
    return written;
  } finally {
    if (!isRecorded) await unfinished.discard();
  }
}
