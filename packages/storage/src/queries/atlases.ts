import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { jsonRows } from './json-rows.ts';

/** A path of an atlas as it is stored: dotted quads, null for silent hops. */
export interface StoredPath {
  readonly id: number;
  readonly platform: string;
  readonly probe: number | null;
  readonly origin: string;
  readonly measuredAt: Date;
  /** Of unknown shape when read: whoever reads it parses it by a schema. */
  readonly hops: unknown;
}

/** What a Record Route ping to a hop has shown behind it. */
export interface StoredTail {
  readonly target: string;
  readonly sender: string;
  readonly measuredAt: Date;
  readonly stamps: unknown;
}

/** The atlas of one source. */
export interface StoredAtlas {
  readonly paths: readonly StoredPath[];
  readonly tails: readonly StoredTail[];
}

/** What has changed in the atlas of one source. */
export interface AtlasChange extends StoredAtlas {
  /** Numbers of paths that are no more. */
  readonly removed: readonly number[];
}

/** Two addresses believed to be one router's because of our own probes. */
export interface StoredAliasEvidence {
  readonly first: string;
  readonly second: string;
  readonly kind: string;
  readonly lastSeen: Date;
  readonly count: number;
}

/** Atlases of all sources, and the alias evidence that their pings gave. */
export class Atlases {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores what has changed in the atlas of a source. All or nothing. */
  async change(source: string, { paths, removed, tails }: AtlasChange): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      if (removed.length > 0)
        await sql`delete from atlas_traceroutes where source = ${source}
          and id in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(removed)}::jsonb))`.execute(
          db,
        );
      for (const rows of jsonRows(paths))
        await sql`
          insert into atlas_traceroutes (source, id, platform, probe, origin, measured_at, hops)
          select ${source}, id, platform, probe, origin, "measuredAt", hops
          from jsonb_to_recordset(${rows}::jsonb)
            as rows(id bigint, platform text, probe integer, origin text, "measuredAt" timestamptz, hops jsonb)
          on conflict (source, id) do nothing`.execute(db);
      for (const rows of jsonRows(tails))
        await sql`
          insert into atlas_tails (source, target, sender, measured_at, stamps)
          select ${source}, target, sender, "measuredAt", stamps
          from jsonb_to_recordset(${rows}::jsonb)
            as rows(target text, sender text, "measuredAt" timestamptz, stamps jsonb)
          on conflict (source, target, sender) do update
          set measured_at = excluded.measured_at, stamps = excluded.stamps`.execute(db);
    });
  }

  /** The atlas of a source; empty when there is none. */
  async of(source: string): Promise<StoredAtlas> {
    const paths = await this.#db
      .selectFrom('atlas_traceroutes')
      .select(['id', 'platform', 'probe', 'origin', 'measured_at as measuredAt', 'hops'])
      .where('source', '=', source)
      .orderBy('id')
      .execute();
    const tails = await this.#db
      .selectFrom('atlas_tails')
      .select(['target', 'sender', 'measured_at as measuredAt', 'stamps'])
      .where('source', '=', source)
      .execute();
    return { paths, tails };
  }

  async clear(source: string): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      for (const table of ['atlas_traceroutes', 'atlas_tails'] as const)
        await db.deleteFrom(table).where('source', '=', source).execute();
    });
  }

  /** Stores alias evidence; what is known of the same pair is replaced. */
  async putEvidence(evidence: readonly StoredAliasEvidence[]): Promise<void> {
    for (const rows of jsonRows(evidence))
      await sql`
        insert into alias_evidence (first, second, kind, last_seen, count)
        select first, second, kind, "lastSeen", count
        from jsonb_to_recordset(${rows}::jsonb)
          as rows(first text, second text, kind text, "lastSeen" timestamptz, count integer)
        on conflict (first, second, kind) do update
        set last_seen = excluded.last_seen, count = excluded.count`.execute(this.#db);
  }

  /** All alias evidence, least recently seen first. */
  async evidence(): Promise<StoredAliasEvidence[]> {
    return this.#db
      .selectFrom('alias_evidence')
      .select(['first', 'second', 'kind', 'last_seen as lastSeen', 'count'])
      .orderBy('last_seen')
      .execute();
  }
}
