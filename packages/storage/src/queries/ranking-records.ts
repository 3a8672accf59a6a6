import { type Kysely, sql } from 'kysely';
import { jsonRows } from '../access/json-rows.ts';
import { checkedLimit } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';

const MOST_RECORDS = 2_000_000;

/** What the ranking has learned about the distance of one vantage point to a prefix or AS. */
export interface StoredRankingRecord {
  /** `prefix` or `network`. */
  readonly level: string;
  /** Number of the prefix or AS, as the ranking defines it. */
  readonly key: number;
  /** Dotted quad of the vantage point. */
  readonly sender: string;
  readonly distance: number;
  readonly count: number;
  readonly at: Date;
  /** Dotted quads; the reader must parse them with a schema. */
  readonly ingresses: unknown;
}

/** What the ranking of vantage points has learned. */
export class RankingRecords {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores records; a record replaces one of the same vantage point, level and key. @throws {StorageError} `badText` */
  async put(records: readonly StoredRankingRecord[]): Promise<void> {
    for (const rows of jsonRows(records))
      await sql`
        insert into ranking_records (level, key, sender, distance, count, at, ingresses)
        select level, key, sender, distance, count, at, ingresses
        from jsonb_to_recordset(${rows}::jsonb)
          as rows(level text, key bigint, sender text, distance double precision, count integer, at timestamptz, ingresses jsonb)
        order by level, key, sender
        on conflict (level, key, sender) do update
        set distance = excluded.distance, count = excluded.count, at = excluded.at, ingresses = excluded.ingresses`.execute(
        this.#db,
      );
  }

  /** The records learned last, newest first; `limit` is at most 2,000,000, its default. @throws {StorageError} `badLimit` */
  async latest(limit = MOST_RECORDS): Promise<StoredRankingRecord[]> {
    return this.#db
      .selectFrom('ranking_records')
      .select(['level', 'key', 'sender', 'distance', 'count', 'at', 'ingresses'])
      .orderBy('at', 'desc')
      .limit(checkedLimit(limit, MOST_RECORDS))
      .execute();
  }
}
