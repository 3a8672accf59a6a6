import { type Kysely, sql } from 'kysely';
import { allRows, checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanJson, cleanText } from '../access/text.ts';
import type { AtlasRunChange, AtlasRunRow, NewAtlasRun } from '../schema/atlas.ts';
import type { Schema } from '../schema/schema.ts';
import { heldLease } from './leases.ts';

const MOST_OPEN_RUNS = 100_000;

/** Runs that collect or refresh atlases. Sources are dotted quads. */
export class AtlasRuns {
  readonly #db: Kysely<Schema>;
  readonly #owner: string | undefined;

  /** `owner`: the process whose leases must cover the sources of runs that it changes. Default: no lease is needed. */
  constructor(db: Kysely<Schema>, { owner }: { readonly owner?: string | undefined } = {}) {
    this.#db = db;
    this.#owner = owner;
  }

  /** Stores a run. Characters in `details` and `reason` that the database cannot store are replaced by U+FFFD. */
  async add(run: NewAtlasRun): Promise<AtlasRunRow> {
    return this.#db.insertInto('atlas_runs').values(cleaned(run)).returningAll().executeTakeFirstOrThrow();
  }

  /**
   * Changes columns of a run; text is handled as by {@link add}. Changes nothing when the run has ended, or when the owner does not have the lease of its
   * source: an engine that was believed dead must not change a run that the next one continues.
   */
  async change(id: number, change: AtlasRunChange): Promise<void> {
    const owner = this.#owner;
    await this.#db
      .updateTable('atlas_runs')
      .set(cleaned(change))
      .where('id', '=', id)
      .where('state', '=', 'running')
      .$if(owner !== undefined, (query) =>
        query.where(sql<boolean>`exists (${heldLease(owner ?? '', sql`'source/' || atlas_runs.source`)})`),
      )
      .execute();
  }

  /** Runs in state `running`, oldest first. @throws {StorageError} `tooManyRows` above 100,000 */
  async open(): Promise<AtlasRunRow[]> {
    const running = this.#db.selectFrom('atlas_runs').selectAll().where('state', '=', 'running').orderBy('id');
    return allRows(running, 'running atlas runs', MOST_OPEN_RUNS);
  }

  /** The latest runs of a source but those on demand, latest first; `limit` is at most 1,000. @throws {StorageError} `badLimit` */
  async of(source: string, limit: number): Promise<AtlasRunRow[]> {
    return this.#db
      .selectFrom('atlas_runs')
      .selectAll()
      .where('source', '=', source)
      .where('cause', '!=', 'onDemand')
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Whether a run of the whole atlas of a source is done and spent credits of the system. */
  async systemHasPaid(source: string): Promise<boolean> {
    const paid = await this.#db
      .selectFrom('atlas_runs')
      .select('id')
      .where('source', '=', source)
      .where('payer', '=', 'system')
      .where('cause', 'not in', ['refresh', 'onDemand'])
      .where('state', '=', 'done')
      .where('spent_credits', '>', 0)
      .limit(1)
      .execute();
    return paid.length > 0;
  }

  /**
   * Runs of a cause that started at `since` or later and are paid by the system: how many, and their credits, spent or estimated while a run is
   * under way. Default: of all sources and users together.
   */
  async paidSince(
    cause: 'refresh' | 'onDemand',
    since: Date,
    { source, userId }: { readonly source?: string; readonly userId?: number } = {},
  ): Promise<{ readonly runs: number; readonly credits: number }> {
    const credits = sql<number>`coalesce(sum(case when state = 'running' then estimated_credits else spent_credits end), 0)::bigint`;
    return this.#db
      .selectFrom('atlas_runs')
      .select((of) => [credits.as('credits'), of.fn.countAll<number>().as('runs')])
      .where('payer', '=', 'system')
      .where('cause', '=', cause)
      .where('started_at', '>=', since)
      .$if(source !== undefined, (query) => query.where('source', '=', source ?? ''))
      .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? null))
      .executeTakeFirstOrThrow();
  }
}

/** Details and reasons quote text from the network; a run must be recorded whatever that text says. */
function cleaned<Columns extends AtlasRunChange>(columns: Columns): Columns {
  const { details, reason } = columns;
  return {
    ...columns,
    ...(typeof details === 'string' && { details: cleanJson(details) }),
    ...(typeof reason === 'string' && { reason: cleanText(reason) }),
  };
}
