import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { jsonRows } from './json-rows.ts';

/** What is known of the way from one vantage point into a prefix or network. */
export interface StoredRankingRecord {
  readonly level: string;
  /** Of the prefix or network, as the ranking numbers them. */
  readonly key: number;
  /** Dotted quad. */
  readonly sender: string;
  readonly distance: number;
  readonly count: number;
  readonly at: Date;
  /** Dotted quads; of unknown shape when read. */
  readonly ingresses: unknown;
}

/** What the ranking of vantage points has learned. */
export class RankingRecords {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores records, in place of those of the same vantage point and prefix or network. */
  async put(records: readonly StoredRankingRecord[]): Promise<void> {
    for (const rows of jsonRows(records))
      await sql`
        insert into ranking_records (level, key, sender, distance, count, at, ingresses)
        select level, key, sender, distance, count, at, ingresses
        from jsonb_to_recordset(${rows}::jsonb)
          as rows(level text, key bigint, sender text, distance double precision, count integer, at timestamptz, ingresses jsonb)
        on conflict (level, key, sender) do update
        set distance = excluded.distance, count = excluded.count, at = excluded.at, ingresses = excluded.ingresses`.execute(
        this.#db,
      );
  }

  async all(): Promise<StoredRankingRecord[]> {
    return this.#db
      .selectFrom('ranking_records')
      .select(['level', 'key', 'sender', 'distance', 'count', 'at', 'ingresses'])
      .execute();
  }
}
