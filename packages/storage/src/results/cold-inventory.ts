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
/** How long the deletion of a file may take that is not recorded: nobody changes partitions meanwhile, milliseconds. */
const REMOVE_MS = 10_000;
/** So many files that cannot be deleted mean that none can. */
const MOST_FAILURES = 10;

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

  /**
   * Deletes what processes have left behind that were killed: files that are not recorded. Returns their paths. A file that cannot be deleted does not
   * keep the others waiting.
   */
  async tidy(now: Date, signal: AbortSignal): Promise<string[]> {
    await UnfinishedFiles.giveUp(this.#db, new Date(now.getTime() - ABANDONED_MS));
    return removedOf(this.#unknown(signal), signal, (path) =>
      // A process of an earlier version gives files their names and records them while it has the lock.
      exclusively(this.#db, async (db) => {
        const isUnknown = (await UnfinishedFiles.unknown(db, [path])).length === 1;
        if (isUnknown) await this.#files.remove(path, AbortSignal.any([signal, AbortSignal.timeout(REMOVE_MS)]));
        return isUnknown;
      }),
    );
  }

  /** Deletes files that have held no results for a day. Returns their paths. A file that cannot be deleted does not keep the others waiting. */
  async deleteRemoved(now: Date, signal: AbortSignal): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('cold_files')
      .select('path')
      .where('removed_at', '<', new Date(now.getTime() - KEPT_MS))
      .orderBy('removed_at')
      .limit(MOST_REMOVED)
      .execute();
    const paths = rows.map(({ path }) => path);
    return removedOf(paths, signal, async (path) => {
      if (isColdPath(path)) await this.#files.remove(path, signal);
      await this.#db.deleteFrom('cold_files').where('path', '=', path).execute();
      return true;
    });
  }

  /** The files that the database does not know. */
  async *#unknown(signal: AbortSignal): AsyncGenerator<string> {
    for await (const paths of this.#files.list(signal)) yield* await UnfinishedFiles.unknown(this.#db, paths);
  }
}

/** Removes files. Returns the paths of those for which `remove` returned true. Throws the first failure, after the others were removed. */
async function removedOf(
  paths: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
  remove: (path: string) => Promise<boolean>,
): Promise<string[]> {
  const removed: string[] = [];
  const failures: unknown[] = [];
  for await (const path of paths) {
    signal.throwIfAborted();
    try {
      if (await remove(path)) removed.push(path);
    } catch (error) {
      failures.push(error);
      if (failures.length === MOST_FAILURES) break;
    }
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}
