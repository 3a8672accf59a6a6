import { type Kysely, sql } from 'kysely';
import { jsonRows } from '../access/json-rows.ts';
import { checkedLimit } from '../access/limits.ts';
import type { NewOptOut, OptOut } from '../schema/opt-outs.ts';
import type { Schema } from '../schema/schema.ts';

/** Most opt-outs of one page. */
const MOST_ON_PAGE = 10_000;

/** Networks that opted out of probing. */
export class OptOuts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores opt-outs, all or none; those of networks that are on the list get the new reason. @throws {StorageError} `badText` */
  async put(optOuts: readonly NewOptOut[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const rows of jsonRows(optOuts))
        await sql`
          insert into opt_outs (network, kind, reason, origin)
          select network, kind, reason, origin
          from jsonb_to_recordset(${rows}::jsonb) as rows (network text, kind text, reason text, origin text)
          on conflict (network) do update set reason = excluded.reason, origin = excluded.origin`.execute(transaction);
    });
  }

  /** Removes the opt-out of a network. Returns whether there was one. */
  async remove(network: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('opt_outs')
      .where('network', '=', network)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** Opt-outs by network, those after `after`; `limit` is at most 10,000, its default. @throws {StorageError} `badLimit` */
  async page(after = '', limit = MOST_ON_PAGE): Promise<OptOut[]> {
    return this.#db
      .selectFrom('opt_outs')
      .selectAll()
      .where('network', '>', after)
      .orderBy('network')
      .limit(checkedLimit(limit, MOST_ON_PAGE))
      .execute();
  }

  /** Number of the latest change of the list. */
  async lastChange(): Promise<number> {
    return (await this.#db.selectFrom('opt_out_changes').select('number').executeTakeFirstOrThrow()).number;
  }

  /** The networks of all opt-outs, page by page. */
  async *networks(): AsyncGenerator<readonly Pick<OptOut, 'network' | 'kind'>[]> {
    for (let after = ''; ; ) {
      const rows = await this.#db
        .selectFrom('opt_outs')
        .select(['network', 'kind'])
        .where('network', '>', after)
        .orderBy('network')
        .limit(MOST_ON_PAGE)
        .execute();
      if (rows.length > 0) yield rows;
      if (rows.length < MOST_ON_PAGE) return;
      after = rows[rows.length - 1].network;
    }
  }
}
