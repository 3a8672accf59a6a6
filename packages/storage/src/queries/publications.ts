import type { Kysely } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import type { ColdStore } from '../cold/cold-store.ts';
import { asnsOf, fieldOf, textOf } from '../results/result-columns.ts';
import { readMeasurements, readMeasurementsById } from '../results/stored-measurements.ts';
import type { MeasurementRow } from '../schema/measurements.ts';
import type { Publication } from '../schema/publications.ts';
import type { Schema } from '../schema/schema.ts';

/** What a list of recent results shows of each. */
export interface RecentResult {
  readonly id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly created_at: Date;
  readonly stop_reason: string | null;
  /** AS numbers of the hops, and of the networks between them that show no router, from the destination to the source. */
  readonly asns: readonly number[];
}

const MOST_RECENT = 100;
/** Groups of cold results that a list of recent ones reads: without limit, a user with few results among many others needs all of them. */
const MOST_GROUPS = 20;

/** Results that their owners published. */
export class Publications {
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  /** Cold results cannot be read without `cold`. */
  constructor(db: Kysely<Schema>, cold?: ColdStore) {
    this.#db = db;
    this.#cold = cold;
  }

  /** Publishes a measurement under a token. A measurement that is published already keeps its token. @throws {StorageError} `badText` */
  async publish(
    { id, user_id }: Pick<MeasurementRow, 'id' | 'user_id'>,
    token: string,
    now: Date,
  ): Promise<Publication> {
    return (
      this.#db
        .insertInto('publications')
        .values({ measurement_id: id, user_id, token, published_at: now })
        // Unlike "do nothing", this returns the row that is there.
        .onConflict((conflict) =>
          conflict
            .column('measurement_id')
            .doUpdateSet({ measurement_id: ({ ref }) => ref('excluded.measurement_id') }),
        )
        .returningAll()
        .executeTakeFirstOrThrow()
    );
  }

  /** How a measurement is published; `undefined` when it is not. */
  async find(measurementId: number): Promise<Publication | undefined> {
    return this.#db
      .selectFrom('publications')
      .selectAll()
      .where('measurement_id', '=', measurementId)
      .executeTakeFirst();
  }

  /** Ends the publication of a measurement, whose token never works again. Returns whether it was published. */
  async remove(measurementId: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('publications')
      .where('measurement_id', '=', measurementId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** The measurement that is published under a token. @throws {StorageError} `badText` */
  async measurementBy(token: string): Promise<(MeasurementRow & Pick<Publication, 'published_at'>) | undefined> {
    const found = await this.#db
      .selectFrom('publications')
      .select(['measurement_id', 'published_at'])
      .where('token', '=', token)
      .executeTakeFirst();
    if (found === undefined) return undefined;
    const [row] = await readMeasurementsById(this.#db, this.#cold, [found.measurement_id]);
    return row && { ...row, published_at: found.published_at };
  }

  /**
   * The latest measurements of a user that have ended, newest first; the limit is at most 100. Cold ones are left out that are far from the latest cold
   * result. @throws {StorageError} `badLimit`, `coldUnreadable`
   */
  async recentOf(userId: number, limit: number): Promise<RecentResult[]> {
    checkedLimit(limit, MOST_RECENT);
    const selection = { userId, limit, order: 'desc', endedOnly: true, mostGroups: MOST_GROUPS } as const;
    const rows = await readMeasurements(this.#db, this.#cold, selection);
    return rows.map(({ id, source, destination, created_at, result }) => ({
      ...{ id, source, destination, created_at, asns: asnsOf(result) },
      stop_reason: textOf(fieldOf(result, 'stopReason')) ?? null,
    }));
  }
}
