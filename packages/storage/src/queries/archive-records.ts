import { type Kysely, sql } from 'kysely';
import { allRows, checkedLimit } from '../access/limits.ts';
import { selectIds } from '../access/select-ids.ts';
import type { ColdStore } from '../cold/cold-store.ts';
import { readMeasurementsById } from '../results/stored-measurements.ts';
import type { ArchiveFile, NewArchiveFile } from '../schema/archive.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';

/** All files of one day together. */
export interface ArchiveDay extends Pick<ArchiveFile, 'day' | 'bytes' | 'first_at' | 'last_at'> {
  readonly files: number;
  /** Results; each is in a file of each format. */
  readonly results: number;
}

/** How large the public archive is. */
export interface ArchiveTotals {
  readonly files: number;
  readonly results: number;
  readonly bytes: number;
  /** Results that wait to be written. */
  readonly pending: number;
  /** When the last file was written; null before the first. */
  readonly writtenAt: Date | null;
}

const MOST_PENDING = 100_000;
const MOST_ROWS = 1_000;
const MOST_FILES = 10_000;
const MOST_DAYS = 100_000;
/** Date columns are read as text: as dates they would be shifted by the time zone of the process. */
const DAY = sql<string>`to_char(day, 'YYYY-MM-DD')`;

/** Records of the public archive: results that wait for it, and its files. */
export class ArchiveRecords {
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  /** Cold results cannot be read without `cold`. */
  constructor(db: Kysely<Schema>, cold?: ColdStore) {
    this.#db = db;
    this.#cold = cold;
  }

  /** Agrees to the publication of a user's results from `at` on, or ends the agreement. An agreement that exists keeps its time. */
  async setConsent(userId: number, at: Date | null): Promise<void> {
    await this.#db
      .updateTable('users')
      .set({ archive_consent_at: at === null ? null : sql<Date>`coalesce(archive_consent_at, ${at})` })
      .where('id', '=', userId)
      .execute();
  }

  /** Since when a user agrees to the publication of results; null when the user does not. */
  async consentOf(userId: number): Promise<Date | null> {
    const user = this.#db.selectFrom('users').select('archive_consent_at').where('id', '=', userId);
    return (await user.executeTakeFirst())?.archive_consent_at ?? null;
  }

  /** The first day with results that wait, `YYYY-MM-DD`; `undefined` when none wait. */
  async firstPendingDay(): Promise<string | undefined> {
    const first = this.#db.selectFrom('archive_pending').select(DAY.as('day')).orderBy('archive_pending.day').limit(1);
    return (await first.executeTakeFirst())?.day;
  }

  /** Ids of results of a day that wait, ascending; the limit is at most 100,000. @throws {StorageError} `badLimit` */
  async pending(day: string, limit: number): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('archive_pending')
      .select('measurement_id')
      .where('day', '=', day)
      .orderBy('measurement_id')
      .limit(checkedLimit(limit, MOST_PENDING))
      .execute();
    return rows.map(({ measurement_id }) => measurement_id);
  }

  /** Measurements by their ids, at most 1,000, ascending, with the current consent of their users. Those that were deleted are left out. */
  async measurements(
    ids: readonly number[],
  ): Promise<(MeasurementRow & { readonly archive_consent_at: Date | null })[]> {
    if (ids.length === 0) return [];
    checkedLimit(ids.length, MOST_ROWS);
    const rows = await readMeasurementsById(this.#db, this.#cold, ids);
    const users = new Set(rows.map(({ user_id }) => user_id));
    if (users.size === 0) return [];
    const consents = await this.#db
      .selectFrom('users')
      .select(['id', 'archive_consent_at'])
      .where('id', 'in', [...users])
      .execute();
    const consentOf = new Map(consents.map(({ id, archive_consent_at }) => [id, archive_consent_at]));
    return rows.map((row) => ({ ...row, archive_consent_at: consentOf.get(row.user_id) ?? null }));
  }

  /**
   * Records files, and in the same transaction that none of the results `ids` waits any more. Records nothing, and returns false, when one
   * of them has stopped waiting before: another process has written it, or it was deleted.
   */
  async commit(ids: readonly number[], files: readonly NewArchiveFile[]): Promise<boolean> {
    try {
      await this.#db.transaction().execute(async (db) => {
        const { rows } = await sql<{ measurement_id: number }>`
          delete from archive_pending
          where measurement_id in (${selectIds(ids)})
          returning measurement_id`.execute(db);
        if (rows.length !== ids.length) throw new NotPending();
        if (files.length > 0)
          await db
            .insertInto('archive_files')
            .values([...files])
            .execute();
      });
      return true;
    } catch (error) {
      if (error instanceof NotPending) return false;
      throw error;
    }
  }

  /** Files that are recorded but may not have their final names yet. @throws {StorageError} `tooManyRows` above 10,000 */
  async unplaced(): Promise<ArchiveFile[]> {
    return allRows(this.#files().where('is_placed', '=', false).orderBy('path'), 'files of the archive', MOST_FILES);
  }

  /** Records that files have their final names. */
  async markPlaced(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    await this.#db.updateTable('archive_files').set({ is_placed: true }).where('path', 'in', paths).execute();
  }

  /** The files of a day by path. @throws {StorageError} `tooManyRows` above 10,000 */
  async filesOf(day: string): Promise<ArchiveFile[]> {
    return allRows(this.#files().where('day', '=', day).orderBy('path'), 'files of a day', MOST_FILES);
  }

  /** All days with files, the first one first. @throws {StorageError} `tooManyRows` above 100,000 */
  async days(): Promise<ArchiveDay[]> {
    const days = this.#db
      .selectFrom('archive_files')
      .select(({ fn }) => [
        DAY.as('day'),
        fn.countAll<number>().as('files'),
        sql<number>`sum(rows) filter (where format = 'paths')::bigint`.as('results'),
        sql<number>`sum(bytes)::bigint`.as('bytes'),
        fn.min('first_at').as('first_at'),
        fn.max('last_at').as('last_at'),
      ])
      .groupBy('archive_files.day')
      .orderBy('archive_files.day');
    return allRows(days, 'days of the archive', MOST_DAYS);
  }

  /** How large the archive is, and how much waits. */
  async totals(): Promise<ArchiveTotals> {
    const { rows } = await sql<ArchiveTotals>`
      select count(*) as files, coalesce(sum(rows) filter (where format = 'paths'), 0)::bigint as results,
        coalesce(sum(bytes), 0)::bigint as bytes, max(written_at) as "writtenAt",
        (select count(*) from archive_pending) as pending
      from archive_files`.execute(this.#db);
    return rows[0];
  }

  #files() {
    return this.#db
      .selectFrom('archive_files')
      .select(['path', 'format', 'rows', 'bytes', 'sha256', 'first_at', 'last_at', 'schema_version', 'written_at'])
      .select(['is_placed', DAY.as('day')]);
  }
}

/** Rolls a transaction back. */
class NotPending extends Error {}
