import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { type ColdLayout, isColdPath } from '../cold/cold-layout.ts';
import { StorageError } from '../errors.ts';
import { makeDirectory, replaceFile } from '../files/durable-file.ts';
import type { Schema } from '../schema/schema.ts';
import { exclusively } from './partition-lock.ts';

/** The file that says to which database a directory belongs. */
const IDENTITY = 'revtr-cold-results.txt';
/** An unfinished file that was not written to for this long belongs to a process that has ended, milliseconds. */
const ABANDONED_MS = 3_600_000;
/** How long a file that holds no results any more stays: a backup may be on its way through the directory, milliseconds. */
const KEPT_MS = 86_400_000;
const MOST_REMOVED = 1_000;

/** The directory of cold results: it belongs to one database, and has the files that this database describes. */
export class ColdDirectory {
  readonly #db: Kysely<Schema>;
  readonly #layout: ColdLayout;

  constructor(collaborators: { readonly db: Kysely<Schema>; readonly layout: ColdLayout }) {
    this.#db = collaborators.db;
    this.#layout = collaborators.layout;
  }

  /** Makes the directory if it is missing. @throws {StorageError} `foreignDirectory`, and errors of the system */
  async open(): Promise<void> {
    const { root } = this.#layout;
    await exclusively(this.#db, async (db) => {
      await makeDirectory(root, '', 'owner');
      const known = await db.selectFrom('cold_directory').select('id').executeTakeFirst();
      const found = await textOf(join(root, IDENTITY));
      if (found !== undefined) {
        if (known?.id === found.trim()) return;
        const details = { directory: root };
        throw new StorageError('foreignDirectory', `${root} has the results of another database`, details);
      }
      const id = known?.id ?? randomUUID();
      if (known === undefined) await db.insertInto('cold_directory').values({ id }).execute();
      await replaceFile(join(root, IDENTITY), `${id}\n`, 'owner');
    });
  }

  /** Deletes what processes have left behind that were killed: files that are not recorded, and unfinished ones. Returns their paths. */
  async tidy(now: Date): Promise<string[]> {
    return exclusively(this.#db, async (db) => {
      const paths = await readdir(this.#layout.root, { recursive: true });
      const recorded = new Set((await db.selectFrom('cold_files').select('path').execute()).map(({ path }) => path));
      const left: string[] = [];
      for (const path of paths)
        if (isColdPath(path) ? !recorded.has(path) : await this.#isAbandoned(path, now)) left.push(path);
      for (const path of left) await rm(this.#layout.final(path), { force: true });
      return left;
    });
  }

  /** Deletes files that have held no results for a day. Returns their paths. */
  async deleteRemoved(now: Date): Promise<string[]> {
    const removed = await this.#db
      .selectFrom('cold_files')
      .select('path')
      .where('removed_at', '<', new Date(now.getTime() - KEPT_MS))
      .limit(MOST_REMOVED)
      .execute();
    for (const { path } of removed) {
      if (isColdPath(path)) await rm(this.#layout.final(path), { force: true });
      await this.#db.deleteFrom('cold_files').where('path', '=', path).execute();
    }
    return removed.map(({ path }) => path);
  }

  async #isAbandoned(path: string, now: Date): Promise<boolean> {
    if (!path.startsWith(`${this.#layout.writing}/`)) return false;
    // Its process may give it its final name, or delete it, at this moment.
    const found = await stat(this.#layout.final(path)).catch(() => undefined);
    return found !== undefined && found.mtimeMs < now.getTime() - ABANDONED_MS;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
