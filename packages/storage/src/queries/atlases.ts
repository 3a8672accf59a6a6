import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';

/** A traceroute as it is stored: dotted quads, null for silent hops. */
interface StoredTraceroute {
  readonly id: number;
  readonly origin: string;
  readonly measuredAt: Date;
  /** Of unknown shape when read: whoever reads it parses it by a schema. */
  readonly hops: unknown;
}

/** What a Record Route ping to a hop has shown behind it. */
interface StoredTail {
  readonly target: string;
  readonly stamps: unknown;
}

/** The atlas of one source. */
export interface StoredAtlas {
  readonly traceroutes: readonly StoredTraceroute[];
  readonly tails: readonly StoredTail[];
}

const ROWS_PER_INSERT = 2_000;

/** Atlases, each stored whole. */
export class Atlases {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores the atlas of a source in place of the one before. All or nothing. */
  async replace(source: string, { traceroutes, tails }: StoredAtlas): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await clear(db, source);
      for (let first = 0; first < traceroutes.length; first += ROWS_PER_INSERT) {
        const rows = JSON.stringify(traceroutes.slice(first, first + ROWS_PER_INSERT));
        await sql`
          insert into atlas_traceroutes (source, id, origin, measured_at, hops)
          select ${source}, id, origin, "measuredAt", hops
          from jsonb_to_recordset(${rows}::jsonb) as rows(id bigint, origin text, "measuredAt" timestamptz, hops jsonb)`.execute(
          db,
        );
      }
      for (let first = 0; first < tails.length; first += ROWS_PER_INSERT) {
        const rows = JSON.stringify(tails.slice(first, first + ROWS_PER_INSERT));
        await sql`
          insert into atlas_tails (source, target, stamps)
          select ${source}, target, stamps
          from jsonb_to_recordset(${rows}::jsonb) as rows(target text, stamps jsonb)`.execute(db);
      }
    });
  }

  /** The atlas of a source; empty when there is none. */
  async of(source: string): Promise<StoredAtlas> {
    const traceroutes = await this.#db
      .selectFrom('atlas_traceroutes')
      .select(['id', 'origin', 'measured_at as measuredAt', 'hops'])
      .where('source', '=', source)
      .orderBy('id')
      .execute();
    const tails = await this.#db
      .selectFrom('atlas_tails')
      .select(['target', 'stamps'])
      .where('source', '=', source)
      .execute();
    return { traceroutes, tails };
  }

  async clear(source: string): Promise<void> {
    await this.#db.transaction().execute((db) => clear(db, source));
  }
}

async function clear(db: Kysely<Schema>, source: string): Promise<void> {
  for (const table of ['atlas_traceroutes', 'atlas_tails'] as const)
    await db.deleteFrom(table).where('source', '=', source).execute();
}
