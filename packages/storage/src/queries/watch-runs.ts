import { type Kysely, sql, type Transaction } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText, toCleanJson } from '../access/text.ts';
import { readableRecord } from '../results/stored-measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { WatchAlertRow, WatchRow, WatchRunRow } from '../schema/watches.ts';
import { chosenOnce } from './chosen-once.ts';

/** A run that this process must submit. */
export interface ClaimedRun {
  readonly watch: WatchRow;
  readonly run: WatchRunRow;
}

/** A run whose measurement has ended. `result` is null when the measurement was deleted. */
export interface EndedRun {
  readonly run: WatchRunRow;
  /** JSON; the reader must parse it with a schema. */
  readonly result: unknown;
}

/** A message to store; `messageId` is unique. */
export type NewWatchAlert = Pick<WatchAlertRow, 'channel' | 'type' | 'subject' | 'body'> & {
  readonly messageId: string;
};

/** What a run has shown. */
export interface FinishedRun {
  readonly outcome: 'measured' | 'notMeasured';
  readonly detail?: string;
  readonly verdict?: string;
  readonly path?: number;
  readonly reach?: string;
  readonly rttMs?: number;
  readonly hops?: number;
  readonly asPath?: readonly number[];
  /** What the detector remembers from now on. Default: what it remembered. */
  readonly detector?: unknown;
  /** When the run that confirms this one is due. Default: the next run stays as planned. */
  readonly confirmAt?: Date;
  /** Why the watch is paused from now on. Default: it stays as it is. */
  readonly pauseReason?: string;
  /** A confirmed change, and the first run that showed it. */
  readonly change?: {
    readonly kinds: readonly string[];
    readonly before: unknown;
    readonly after: unknown;
    readonly firstRun: number;
  };
  readonly alerts: readonly NewWatchAlert[];
}

/** Runs of watches, from claim to verdict. Several processes may use the same database; each run is submitted and judged once. */
export class WatchRuns {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Begins a run of each active watch that is due at `now` and has none under way, at most `limit` (at most 1,000). Each run must be
   * submitted before `leaseUntil`. `next` says when the following run is due. @throws {StorageError} `badLimit`
   */
  async claimDue(
    now: Date,
    {
      limit,
      leaseUntil,
      next,
    }: { readonly limit: number; readonly leaseUntil: Date; readonly next: (watch: WatchRow) => Date },
  ): Promise<ClaimedRun[]> {
    return this.#db.transaction().execute(async (db) => {
      const due = await db
        .selectFrom('watches')
        .selectAll()
        .where('state', '=', 'active')
        .where('next_run_at', '<=', now)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('watch_runs')
                .select('watch_runs.id')
                .whereRef('watch_id', '=', 'watches.id')
                .where('outcome', '=', 'running'),
            ),
          ),
        )
        .orderBy('next_run_at')
        .limit(checkedLimit(limit, MOST_LISTED))
        .forUpdate()
        .skipLocked()
        .execute();
      const claimed: ClaimedRun[] = [];
      for (const watch of due) {
        const run = await db
          .insertInto('watch_runs')
          .values({
            watch_id: watch.id,
            started_at: now,
            is_confirmation: watch.is_confirming,
            lease_until: leaseUntil,
            outcome: 'running',
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await db
          .updateTable('watches')
          .set({ next_run_at: next(watch), is_confirming: false })
          .where('id', '=', watch.id)
          .execute();
        claimed.push({ watch, run });
      }
      return claimed;
    });
  }

  /** Takes over runs whose process ended before it had submitted them. @throws {StorageError} `badLimit` */
  async takeAbandoned(
    now: Date,
    { limit, leaseUntil }: { readonly limit: number; readonly leaseUntil: Date },
  ): Promise<ClaimedRun[]> {
    const abandoned = sql`
      select id from watch_runs where outcome = 'running' and lease_until < ${now}
      order by id limit ${checkedLimit(limit, MOST_LISTED)} for update skip locked`;
    const { rows } = await sql<WatchRunRow>`
      update watch_runs set lease_until = ${leaseUntil} where id in (${chosenOnce(abandoned)})
      returning *`.execute(this.#db);
    const claimed: ClaimedRun[] = [];
    for (const run of rows) {
      const watch = await this.#db.selectFrom('watches').selectAll().where('id', '=', run.watch_id).executeTakeFirst();
      if (watch !== undefined) claimed.push({ watch, run });
    }
    return claimed;
  }

  /** Notes the batch in which a run is measured. */
  async submitted({ id, watch_id }: WatchRunRow, batchId: number): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const batch = await db.selectFrom('batches').select('first_id').where('id', '=', batchId).executeTakeFirst();
      await db
        .updateTable('watch_runs')
        .set({ batch_id: batchId, measurement_id: batch?.first_id ?? null, lease_until: null })
        .where('id', '=', id)
        .execute();
      await db.updateTable('batches').set({ watch_id }).where('id', '=', batchId).execute();
    });
  }

  /** Runs whose measurement has ended or was deleted, oldest first. @throws {StorageError} `badLimit` */
  async ended(limit: number): Promise<EndedRun[]> {
    const rows = await this.#db
      .selectFrom('watch_runs')
      .leftJoin('measurements', 'measurements.id', 'watch_runs.measurement_id')
      .leftJoin('results', 'results.id', 'watch_runs.measurement_id')
      .leftJoin('json_results', 'json_results.id', 'watch_runs.measurement_id')
      .selectAll('watch_runs')
      .select(['results.record', 'json_results.result as json'])
      .where('outcome', '=', 'running')
      .where('watch_runs.batch_id', 'is not', null)
      .where('measurements.id', 'is', null)
      .orderBy('watch_runs.id')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
    return rows.map(({ record, json, ...run }) => ({ run, result: record === null ? json : readableRecord(record) }));
  }

  /**
   * Stores what a run has shown, with everything that follows from it, at once. `judge` gets the watch as it is now; it is not called when
   * the run has ended already. Returns whether it was.
   */
  async finish({ id, watch_id }: WatchRunRow, now: Date, judge: (watch: WatchRow) => FinishedRun): Promise<boolean> {
    return this.#db.transaction().execute(async (db) => {
      const watch = await db
        .selectFrom('watches')
        .selectAll()
        .where('id', '=', watch_id)
        .forUpdate()
        .executeTakeFirst();
      const run = await db.selectFrom('watch_runs').select('outcome').where('id', '=', id).executeTakeFirst();
      if (watch === undefined || run?.outcome !== 'running') return false;
      const finished = judge(watch);
      await storeRun(db, id, finished, now);
      await storeFindings(db, watch, id, finished, now);
      return true;
    });
  }
}

async function storeRun(db: Transaction<Schema>, id: number, finished: FinishedRun, now: Date): Promise<void> {
  const { outcome, detail = '', verdict, path, reach, rttMs, hops, asPath } = finished;
  await db
    .updateTable('watch_runs')
    .set({
      outcome,
      ended_at: now,
      lease_until: null,
      detail: cleanText(detail.slice(0, 500)),
      verdict: verdict ?? null,
      path: path ?? null,
      reach: reach ?? null,
      rtt_ms: rttMs ?? null,
      hops: hops ?? null,
      as_path: asPath === undefined ? null : toCleanJson(asPath),
    })
    .where('id', '=', id)
    .execute();
}

async function storeFindings(
  db: Transaction<Schema>,
  { id: watchId }: WatchRow,
  runId: number,
  { detector, confirmAt, pauseReason, change, path, alerts }: FinishedRun,
  now: Date,
): Promise<void> {
  if (detector !== undefined || confirmAt !== undefined || pauseReason !== undefined)
    await db
      .updateTable('watches')
      .set({
        ...(detector !== undefined && { detector: toCleanJson(detector) }),
        ...(confirmAt !== undefined && { next_run_at: confirmAt, is_confirming: true }),
        ...(pauseReason !== undefined && { state: 'paused' as const, pause_reason: pauseReason }),
      })
      .where('id', '=', watchId)
      .execute();
  const changeId = change === undefined ? null : await storeChange(db, watchId, runId, change, path, now);
  await addAlerts(db, watchId, alerts, now, changeId);
}

async function storeChange(
  db: Transaction<Schema>,
  watchId: number,
  runId: number,
  { kinds, before, after, firstRun }: NonNullable<FinishedRun['change']>,
  path: number | undefined,
  now: Date,
): Promise<number> {
  const json = { kinds: toCleanJson(kinds), before: toCleanJson(before), after: toCleanJson(after) };
  const { id } = await db
    .insertInto('watch_changes')
    .values({ watch_id: watchId, run_id: runId, at: now, ...json })
    .returning('id')
    .executeTakeFirstOrThrow();
  // The earlier runs that showed the path had no number while it was not confirmed.
  if (path !== undefined)
    await db
      .updateTable('watch_runs')
      .set({ path })
      .where('watch_id', '=', watchId)
      .where('id', '>=', firstRun)
      .where('outcome', '=', 'measured')
      .where('path', 'is', null)
      .execute();
  return id;
}

/** Stores messages that are due at `now`. */
export async function addAlerts(
  db: Kysely<Schema>,
  watchId: number,
  alerts: readonly NewWatchAlert[],
  now: Date,
  changeId: number | null = null,
): Promise<number[]> {
  if (alerts.length === 0) return [];
  const rows = await db
    .insertInto('watch_alerts')
    .values(
      alerts.map(({ messageId, channel, type, subject, body }) => ({
        watch_id: watchId,
        change_id: changeId,
        ...{ channel, type, subject: cleanText(subject), body: cleanText(body) },
        message_id: messageId,
        state: 'pending' as const,
        next_attempt_at: now,
        created_at: now,
      })),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
