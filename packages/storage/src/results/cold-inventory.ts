import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { isColdPath } from '../cold/cold-path.ts';
import type { ColdFiles } from '../cold/files/cold-files.ts';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';
import { exclusively } from './partition-lock.ts';
import { UnfinishedFiles } from './unfinished-files.ts';

/** A file that was begun so long ago and is not recorded belongs to a process that has ended, milliseconds. */
const ABANDONED_MS = 3_600_000;
/** How long a file that holds no results any more stays: a backup may be on its way through the files, milliseconds. */
const KEPT_MS = 86_400_000;
const MOST_REMOVED = 1_000;

/** The place of cold results: it belongs to one database, and has the files that this database describes. */
export class ColdInventory {
  readonly #db: Kysely<Schema>;
  readonly #files: ColdFiles;

  constructor(collaborators: { readonly db: Kysely<Schema>; readonly files: ColdFiles }) {
    this.#db = collaborators.db;
    this.#files = collaborators.files;
  }

  /** Makes a new place that of this database. @throws {StorageError} `foreignPlace`, and errors of {@link ColdFiles} */
  async open(signal: AbortSignal): Promise<void> {
    const id = await exclusively(this.#db, async (db) => {
      const known = await db.selectFrom('cold_directory').select('id').executeTakeFirst();
      if (known !== undefined) return known.id;
      const { id } = await db
        .insertInto('cold_directory')
        .values({ id: randomUUID() })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    });
    if ((await this.#files.identity(signal)) === undefined) await this.#files.identify(id, signal);
    if ((await this.#files.identity(signal)) === id) return;
    const { place } = this.#files;
    throw new StorageError('foreignPlace', `${place} has the results of another database`, { place });
  }

  /** Deletes what processes have left behind that were killed: files that are not recorded. Returns their paths. */
  async tidy(now: Date, signal: AbortSignal): Promise<string[]> {
    await UnfinishedFiles.giveUp(this.#db, new Date(now.getTime() - ABANDONED_MS));
    const removed: string[] = [];
    for await (const paths of this.#files.list(signal)) {
      // A process of an earlier version creates and records files while it has the lock.
      const left = await exclusively(this.#db, (db) => UnfinishedFiles.unknown(db, paths));
      for (const path of left) {
        await this.#files.remove(path, signal);
        removed.push(path);
      }
    }
    return removed;
  }

  /** Deletes files that have held no results for a day. Returns their paths. */
  async deleteRemoved(now: Date, signal: AbortSignal): Promise<string[]> {
    const removed = await this.#db
      .selectFrom('cold_files')
      .select('path')
      .where('removed_at', '<', new Date(now.getTime() - KEPT_MS))
      .limit(MOST_REMOVED)
      .execute();
    for (const { path } of removed) {
      if (isColdPath(path)) await this.#files.remove(path, signal);
      await this.#db.deleteFrom('cold_files').where('path', '=', path).execute();
    }
    return removed.map(({ path }) => path);
  }
}
