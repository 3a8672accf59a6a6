import { type Kysely, sql } from 'kysely';
import type { AtlasRunChange, AtlasRunRow, NewAtlasRun, Schema } from '../schema.ts';

/** Runs that collect atlases, those under way and those that have ended. */
export class AtlasRuns {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Begins a run. */
  async add(run: NewAtlasRun): Promise<AtlasRunRow> {
    return this.#db.insertInto('atlas_runs').values(run).returningAll().executeTakeFirstOrThrow();
  }

  async change(id: number, change: AtlasRunChange): Promise<void> {
    await this.#db.updateTable('atlas_runs').set(change).where('id', '=', id).execute();
  }

  /** Runs that have not ended, for instance because the program did. */
  async open(): Promise<AtlasRunRow[]> {
    return this.#db.selectFrom('atlas_runs').selectAll().where('state', '=', 'running').orderBy('id').execute();
  }

  /** The latest runs of a source, latest first. */
  async of(source: string, most: number): Promise<AtlasRunRow[]> {
    return this.#db
      .selectFrom('atlas_runs')
      .selectAll()
      .where('source', '=', source)
      .orderBy('id', 'desc')
      .limit(most)
      .execute();
  }

  /** Whether the system has paid for a run of a source that was done. */
  async systemHasPaid(source: string): Promise<boolean> {
    const paid = await this.#db
      .selectFrom('atlas_runs')
      .select('id')
      .where('source', '=', source)
      .where('payer', '=', 'system')
      .where('cause', '!=', 'refresh')
      .where('state', '=', 'done')
      .where('spent_credits', '>', 0)
      .limit(1)
      .execute();
    return paid.length > 0;
  }

  /** Credits that the system has spent on refreshing since a moment, or will have. */
  async refreshCreditsSince(since: Date): Promise<number> {
    const { spent } = await this.#db
      .selectFrom('atlas_runs')
      .select(
        sql<number>`coalesce(sum(case when state = 'running' then estimated_credits else spent_credits end), 0)::bigint`.as(
          'spent',
        ),
      )
      .where('payer', '=', 'system')
      .where('cause', '=', 'refresh')
      .where('started_at', '>=', since)
      .executeTakeFirstOrThrow();
    return spent;
  }
}
