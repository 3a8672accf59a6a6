import type { Kysely, SelectQueryBuilder } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { deleteMeasurementsOf } from '../results/delete-measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { WatchAlertRow, WatchChangeRow, WatchRunRow } from '../schema/watches.ts';

/** A part of a history, newest first. */
export interface WatchPage {
  /** Most rows, at most 1,000. */
  readonly limit: number;
  /** Return rows before the one with this id. Default: from the newest. */
  readonly before?: number | undefined;
}

const MOST_DELETED_BATCHES = 1_000;

/** What a watch has recorded: runs, changes and alerts. */
export class WatchHistory {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Runs, newest first. @throws {StorageError} `badLimit` */
  async runs(watchId: number, page: WatchPage): Promise<WatchRunRow[]> {
    return pageOf(this.#db.selectFrom('watch_runs').selectAll(), watchId, page).execute();
  }

  /** Changes, newest first. @throws {StorageError} `badLimit` */
  async changes(watchId: number, page: WatchPage): Promise<WatchChangeRow[]> {
    return pageOf(this.#db.selectFrom('watch_changes').selectAll(), watchId, page).execute();
  }

  /** Alerts, newest first. @throws {StorageError} `badLimit` */
  async alerts(watchId: number, page: WatchPage): Promise<WatchAlertRow[]> {
    return pageOf(this.#db.selectFrom('watch_alerts').selectAll(), watchId, page).execute();
  }

  /**
   * Deletes runs, changes and alerts from before `time`, and measurements of watches from before `time`, at most 1,000 of these at once.
   * Published measurements stay.
   * Returns whether there may be more.
   */
  async deleteBefore(time: Date): Promise<boolean> {
    await this.#db.deleteFrom('watch_runs').where('started_at', '<', time).where('outcome', '!=', 'running').execute();
    await this.#db.deleteFrom('watch_alerts').where('created_at', '<', time).where('state', '!=', 'pending').execute();
    await this.#db.deleteFrom('watch_changes').where('at', '<', time).execute();
    return this.#db.transaction().execute(async (db) => {
      const batches = await db
        .selectFrom('batches')
        .select('id')
        .where('watch_id', 'is not', null)
        .where('created_at', '<', time)
        // Their results are records: others are moved first.
        .where('first_id', 'is not', null)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('publications')
                .select('publications.measurement_id')
                .whereRef('publications.measurement_id', '>=', 'batches.first_id')
                .whereRef('publications.measurement_id', '<=', 'batches.last_id'),
            ),
          ),
        )
        .orderBy('created_at')
        .limit(MOST_DELETED_BATCHES)
        .execute();
      const ids = batches.map(({ id }) => id);
      if (ids.length === 0) return false;
      await deleteMeasurementsOf(db, ids);
      await db.deleteFrom('batches').where('id', 'in', ids).execute();
      return ids.length === MOST_DELETED_BATCHES;
    });
  }
}

/** The part of the rows of a watch that a page shows. */
function pageOf<Row>(
  rows: SelectQueryBuilder<Schema, 'watch_runs' | 'watch_changes' | 'watch_alerts', Row>,
  watchId: number,
  { limit, before }: WatchPage,
) {
  return rows
    .where('watch_id', '=', watchId)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(checkedLimit(limit, MOST_LISTED));
}
