import { type Kysely, type Selectable, sql } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { toJson } from '../access/text.ts';
import type { ImportedResultTable } from '../schema/archive.ts';
import type { Schema } from '../schema/schema.ts';

/** A result to import. Addresses are dotted quads. */
export interface NewImportedResult {
  /** Number of the measurement in the system that it is from. */
  readonly archiveId: number;
  readonly source: string;
  readonly destination: string;
  /** The row of the archive; any value that JSON can represent. */
  readonly content: unknown;
}

/** Which imported results to list. At least one address is given. */
export interface ImportedResultQuery {
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  /** List results after the one with this id. Default: from the first. */
  readonly after?: number | undefined;
  /** Most results to return, at most 1,000. */
  readonly limit: number;
}

/** Results of other systems. */
export class ImportedResults {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Adds results of one system. Those that are stored already stay as they are. Returns how many were added. @throws {StorageError} `badText` */
  async add(origin: string, results: readonly NewImportedResult[], now: Date): Promise<number> {
    if (results.length === 0) return 0;
    const { rows } = await sql<{ id: number }>`
      insert into imported_results (origin, archive_id, source, destination, content, imported_at)
      select ${origin}, "archiveId", source, destination, content, ${now}
      from json_to_recordset(${toJson(results)}::json)
        as results("archiveId" bigint, source text, destination text, content json)
      on conflict (origin, archive_id) do nothing
      returning id`.execute(this.#db);
    return rows.length;
  }

  /** Imported results between two addresses, or of one, in the order of their import. @throws {StorageError} `badLimit`, `badText` */
  async list({
    source,
    destination,
    after = 0,
    limit,
  }: ImportedResultQuery): Promise<Selectable<ImportedResultTable>[]> {
    return this.#db
      .selectFrom('imported_results')
      .selectAll()
      .$if(source !== undefined, (query) => query.where('source', '=', source ?? ''))
      .$if(destination !== undefined, (query) => query.where('destination', '=', destination ?? ''))
      .where('id', '>', after)
      .orderBy('id')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }
}
