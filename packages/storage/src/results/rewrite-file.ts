import { type Kysely, sql, type Transaction } from 'kysely';
import { selectIds } from '../access/select-ids.ts';
import type { ColdRow } from '../cold/cold-row.ts';
import type { ColdStore } from '../cold/cold-store.ts';
import type { WrittenFile } from '../cold/write-cold-files.ts';
import type { ColdFileRow } from '../schema/cold.ts';
import type { Schema } from '../schema/schema.ts';
import type { MoveOptions } from './move-partition.ts';
import { freezeResults } from './partition-lock.ts';
import { heldFiles, recordFiles } from './record-files.ts';
import { writeAndRecord } from './write-and-record.ts';

/**
 * Writes a file anew without the results whose batches were deleted, and deletes what refers to these. Returns how many it has left out; `undefined`
 * when the file was removed meanwhile. @throws {StorageError} `coldUnreadable`
 */
export async function rewriteFile(
  file: ColdFileRow,
  options: MoveOptions,
  { db, store }: { readonly db: Kysely<Schema>; readonly store: ColdStore },
): Promise<number | undefined> {
  const erased: number[] = [];
  const written = await writeAndRecord(rowsOf(file, { db, store }, erased), options, {
    ...{ db, files: store.files },
    check: async (transaction) => {
      // A deletion that waited for the row of this file would not find that of the new one.
      await freezeResults(transaction);
      return heldFiles(transaction).where('path', '=', file.path).forUpdate().executeTakeFirst();
    },
    record: async (transaction, files, old) => {
      await replace(transaction, { old, files, deletions: old.deletions - file.deletions }, options.now);
      await deleteReferences(transaction, erased);
    },
  });
  return written && erased.length;
}

async function* rowsOf(
  file: ColdFileRow,
  { db, store }: { readonly db: Kysely<Schema>; readonly store: ColdStore },
  erased: number[],
): AsyncGenerator<ColdRow[]> {
  const all = { first: file.first_id, last: file.last_id, order: 'asc', sought: [] } as const;
  for await (const { rows } of store.read(file, all)) {
    const batches = await db
      .selectFrom('batches')
      .select('id')
      .where('id', 'in', [...new Set(rows.map(({ batch }) => batch))])
      .execute();
    const alive = new Set(batches.map(({ id }) => id));
    for (const { batch, measurement } of rows) if (!alive.has(batch)) erased.push(measurement);
    yield rows.filter(({ batch }) => alive.has(batch));
  }
}

async function replace(
  db: Transaction<Schema>,
  {
    old,
    files,
    deletions,
  }: { readonly old: ColdFileRow; readonly files: readonly WrittenFile[]; readonly deletions: number },
  now: Date,
): Promise<void> {
  await recordFiles(db, files, { partition_id: old.partition_id, written_at: now, deletions });
  await db.updateTable('cold_files').set({ removed_at: now }).where('path', '=', old.path).execute();
}

async function deleteReferences(db: Transaction<Schema>, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  for (const table of ['publications', 'archive_pending', 'cold_forward_traceroutes'] as const)
    await sql`delete from ${sql.table(table)} where measurement_id in (${selectIds(ids)})`.execute(db);
}
