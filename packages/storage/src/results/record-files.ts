import type { Kysely, Transaction } from 'kysely';
import type { WrittenFile } from '../cold/write-cold-files.ts';
import type { ColdFileRow } from '../schema/cold.ts';
import type { Schema } from '../schema/schema.ts';

const USERS_PER_INSERT = 2_000;

/** Records files of a partition. `deletions`: see `ColdFileTable`. */
export async function recordFiles(
  db: Transaction<Schema>,
  files: readonly WrittenFile[],
  { partition_id, written_at, deletions }: Pick<ColdFileRow, 'partition_id' | 'written_at' | 'deletions'>,
): Promise<void> {
  for (const { users, ...file } of files) {
    await db
      .insertInto('cold_files')
      .values({ ...file, partition_id, written_at, deletions })
      .execute();
    const all = [...users].map((user_id) => ({ user_id, path: file.path }));
    for (let first = 0; first < all.length; first += USERS_PER_INSERT)
      await db
        .insertInto('cold_file_users')
        .values(all.slice(first, first + USERS_PER_INSERT))
        .execute();
  }
}

/** A file that holds results. */
export const heldFiles = (db: Kysely<Schema>) =>
  db.selectFrom('cold_files').selectAll().where('removed_at', 'is', null);
