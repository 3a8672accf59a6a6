import { type Kysely, sql, type Transaction } from 'kysely';
import { jsonRows } from '../access/json-rows.ts';
import { allRows, checkedLimit } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';
import { withLease } from './leases.ts';

const MOST_PATHS = 1_000_000;
const MOST_EVIDENCE = 1_000_000;

/** A traceroute of an atlas. Addresses are dotted quads. */
export interface StoredPath {
  readonly id: number;
  /** `vantagePoint`, `ripeAtlas` or `reverseTraceroute`. */
  readonly platform: string;
  /** Id of the RIPE Atlas probe that measured it. */
  readonly probe: number | null;
  readonly origin: string;
  readonly measuredAt: Date;
  /** Dotted quads, null for hops that did not answer; the reader must parse them with a schema. */
  readonly hops: unknown;
}

/** The stamps of a Record Route ping from `sender` to the hop `target`. Addresses are dotted quads. */
export interface StoredTail {
  readonly target: string;
  readonly sender: string;
  readonly measuredAt: Date;
  /** Dotted quads in order; the reader must parse them with a schema. */
  readonly stamps: unknown;
}

/** The atlas of one source. */
export interface StoredAtlas {
  readonly paths: readonly StoredPath[];
  readonly tails: readonly StoredTail[];
}

/** A change of the atlas of one source: paths and tails to add, after those to remove were removed. */
export interface AtlasChange extends StoredAtlas {
  /** Ids of paths to remove. */
  readonly removed: readonly number[];
  /** Hops (dotted quads) all of whose tails are to be removed. */
  readonly unusedHops: readonly string[];
}

/** Evidence from own probes that two addresses (dotted quads) belong to one router. */
export interface StoredAliasEvidence {
  readonly first: string;
  readonly second: string;
  readonly kind: string;
  readonly lastSeen: Date;
  readonly count: number;
}

/** The atlases of all sources, and the alias evidence from their pings. Sources are dotted quads. */
export class Atlases {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Changes the atlases of sources (dotted quads) in one transaction. With an `owner`, each source has a transaction of its own, and nothing is
   * changed unless `owner` has the lease of the source: an engine that was believed dead must not change what the next one keeps.
   * @throws {StorageError} `badText`
   */
  async change(changes: ReadonlyMap<string, AtlasChange>, owner?: string): Promise<void> {
    if (owner === undefined) return this.#db.transaction().execute((db) => changeAll(db, changes));
    // Transactions that lock several leases, each in an order of its own, could wait for each other.
    for (const [source, change] of changes)
      await withLease(this.#db, { name: `source/${source}`, owner }, (db) =>
        changeAll(db, new Map([[source, change]])),
      );
  }

  /** The atlas of a source; empty when there is none. @throws {StorageError} `tooManyRows` above 1,000,000 paths or tails */
  async of(source: string): Promise<StoredAtlas> {
    const paths = this.#db
      .selectFrom('atlas_traceroutes')
      .select(['id', 'platform', 'probe', 'origin', 'measured_at as measuredAt', 'hops'])
      .where('source', '=', source)
      .orderBy('id');
    const tails = this.#db
      .selectFrom('atlas_tails')
      .select(['target', 'sender', 'measured_at as measuredAt', 'stamps'])
      .where('source', '=', source);
    return {
      paths: await allRows(paths, 'paths of an atlas', MOST_PATHS),
      tails: await allRows(tails, 'tails of an atlas', MOST_PATHS),
    };
  }

  /** Removes the atlas of a source. */
  async clear(source: string): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      for (const table of ['atlas_traceroutes', 'atlas_tails'] as const)
        await db.deleteFrom(table).where('source', '=', source).execute();
    });
  }

  /** Stores alias evidence; it replaces evidence of the same pair and kind. @throws {StorageError} `badText` */
  async putEvidence(evidence: readonly StoredAliasEvidence[]): Promise<void> {
    for (const rows of jsonRows(evidence))
      await sql`
        insert into alias_evidence (first, second, kind, last_seen, count)
        select first, second, kind, "lastSeen", count
        from jsonb_to_recordset(${rows}::jsonb)
          as rows(first text, second text, kind text, "lastSeen" timestamptz, count integer)
        order by first, second, kind
        on conflict (first, second, kind) do update
        set last_seen = excluded.last_seen, count = excluded.count`.execute(this.#db);
  }

  /**
   * The alias evidence seen last, in ascending order of time; `limit` is at most 1,000,000, its default.
   * @throws {StorageError} `badLimit`
   */
  async evidence(limit = MOST_EVIDENCE): Promise<StoredAliasEvidence[]> {
    const latest = await this.#db
      .selectFrom('alias_evidence')
      .select(['first', 'second', 'kind', 'last_seen as lastSeen', 'count'])
      .orderBy('last_seen', 'desc')
      .limit(checkedLimit(limit, MOST_EVIDENCE))
      .execute();
    return latest.reverse();
  }
}

async function changeAll(db: Transaction<Schema>, changes: ReadonlyMap<string, AtlasChange>): Promise<void> {
  const rowsOf = <Row extends object>(rows: (change: AtlasChange) => readonly Row[]) =>
    jsonRows([...changes].flatMap(([source, change]) => rows(change).map((row) => ({ source, ...row }))));
  for (const rows of rowsOf(({ removed }) => removed.map((id) => ({ id }))))
    await sql`
      delete from atlas_traceroutes
      using jsonb_to_recordset(${rows}::jsonb) as removed(source text, id bigint)
      where atlas_traceroutes.source = removed.source and atlas_traceroutes.id = removed.id`.execute(db);
  for (const rows of rowsOf(({ paths }) => paths))
    await sql`
      insert into atlas_traceroutes (source, id, platform, probe, origin, measured_at, hops)
      select source, id, platform, probe, origin, "measuredAt", hops
      from jsonb_to_recordset(${rows}::jsonb)
        as rows(source text, id bigint, platform text, probe integer, origin text, "measuredAt" timestamptz, hops jsonb)
      on conflict (source, id) do nothing`.execute(db);
  for (const rows of rowsOf(({ unusedHops }) => unusedHops.map((target) => ({ target }))))
    await sql`
      delete from atlas_tails
      using jsonb_to_recordset(${rows}::jsonb) as unused(source text, target text)
      where atlas_tails.source = unused.source and atlas_tails.target = unused.target`.execute(db);
  for (const rows of rowsOf(({ tails }) => tails))
    await sql`
      insert into atlas_tails (source, target, sender, measured_at, stamps)
      select source, target, sender, "measuredAt", stamps
      from jsonb_to_recordset(${rows}::jsonb)
        as rows(source text, target text, sender text, "measuredAt" timestamptz, stamps jsonb)
      on conflict (source, target, sender) do update
      set measured_at = excluded.measured_at, stamps = excluded.stamps`.execute(db);
}
