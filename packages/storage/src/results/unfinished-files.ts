import { type Kysely, sql, type Transaction } from 'kysely';
import type { ColdFiles } from '../cold/files/cold-files.ts';
import type { WrittenFile } from '../cold/write-cold-files.ts';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';

/** How long the deletion of files may take that are given up: what it leaves is deleted later. */
const DISCARD_MS = 10_000;
/** How long the check of all files may take before they are recorded: the transaction waits meanwhile. */
const CHECK_MS = 20_000;

/**
 * The files that one piece of work writes. The database has the path of a file before the file exists: it is given up, once and for all, when its row is
 * deleted, and can then be deleted at any time without harm.
 */
export class UnfinishedFiles {
  readonly #db: Kysely<Schema>;
  readonly #files: ColdFiles;
  readonly #paths: string[] = [];

  constructor({ db, files }: { readonly db: Kysely<Schema>; readonly files: ColdFiles }) {
    this.#db = db;
    this.#files = files;
  }

  /** Notes a file that is to be written. */
  async begin(path: string): Promise<void> {
    this.#paths.push(path);
    await this.#db.insertInto('cold_unfinished').values({ path }).execute();
  }

  /**
   * Keeps files from being given up until the end of a transaction. @throws {StorageError} `coldFileLost` when one was given up before, or is not as
   * long as it was written
   */
  async hold(db: Transaction<Schema>, written: readonly WrittenFile[]): Promise<void> {
    const signal = AbortSignal.timeout(CHECK_MS);
    for (const { path, bytes } of written) {
      const row = await db.selectFrom('cold_unfinished').select('path').where('path', '=', path).forUpdate().execute();
      if (row.length !== 1 || (await this.#files.sizeOf(path, signal)) !== bytes)
        throw new StorageError('coldFileLost', `${path} was deleted while it was being written`, { path });
    }
  }

  /** Takes files over that are held, in the transaction that records them. */
  async take(db: Transaction<Schema>, written: readonly WrittenFile[]): Promise<void> {
    for (const { path } of written) await db.deleteFrom('cold_unfinished').where('path', '=', path).execute();
  }

  /** Deletes the files that were not taken over. What cannot be deleted now is deleted with what other processes have left. */
  async discard(): Promise<void> {
    try {
      if (this.#paths.length === 0) return;
      const given = await this.#db
        .deleteFrom('cold_unfinished')
        .where('path', 'in', this.#paths)
        .returning('path')
        .execute();
      const signal = AbortSignal.timeout(DISCARD_MS);
      for (const { path } of given) await this.#files.remove(path, signal);
    } catch {
      // The reason why they are discarded is the error to report.
    }
  }

  /** Gives up the files that other work began before `time` and has not taken over. */
  static async giveUp(db: Kysely<Schema>, time: Date): Promise<void> {
    await db.deleteFrom('cold_unfinished').where('since', '<', time).execute();
  }

  /** Those of some paths that the database does not know. */
  static async unknown(db: Kysely<Schema>, paths: readonly string[]): Promise<string[]> {
    const { rows } = await sql<{ path: string }>`
      select path from jsonb_array_elements_text(${JSON.stringify(paths)}::jsonb) as listed (path)
      where not exists (select from cold_files where cold_files.path = listed.path)
      and not exists (select from cold_unfinished where cold_unfinished.path = listed.path)`.execute(db);
    return rows.map(({ path }) => path);
  }
}
