import { type Kysely, type QueryResult, sql, type Transaction } from 'kysely';
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

  /**
   * Stores opt-outs, all or none; those of networks that are on the list get the new reason, and the last one of a network counts. Returns the number of
   * this change; `undefined` when all of them are on the list already. Other opt-outs do not wait for it, unless they are of the same networks.
   * @throws {StorageError} `badText`
   */
  async put(optOuts: readonly NewOptOut[]): Promise<number | undefined> {
    return this.#change(async (transaction) => {
      await sql`
        create temporary table new_opt_outs (
          place bigint generated always as identity, network text, kind text, reason text, origin text
        ) on commit drop`.execute(transaction);
      for (const rows of jsonRows(optOuts))
        await sql`
          insert into new_opt_outs (network, kind, reason, origin)
          select network, kind, reason, origin
          from jsonb_to_recordset(${rows}::jsonb) as rows (network text, kind text, reason text, origin text)`.execute(
          transaction,
        );
      // All lists are stored in the same order, so that two of them never wait for each other.
      return sql`
        insert into opt_outs (network, kind, reason, origin)
        select distinct on (network) network, kind, reason, origin from new_opt_outs order by network, place desc
        on conflict (network) do update set reason = excluded.reason, origin = excluded.origin
        where (opt_outs.reason, opt_outs.origin) is distinct from (excluded.reason, excluded.origin)`.execute(
        transaction,
      );
    });
  }

  /** Removes the opt-out of a network. Returns the number of this change; `undefined` when there was none. */
  async remove(network: string): Promise<number | undefined> {
    return this.#change((transaction) => sql`delete from opt_outs where network = ${network}`.execute(transaction));
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

  /** Changes the list, and numbers the change if there is one. The number stays locked until the commit: it is counted last, and nothing is waited for after it. */
  async #change(
    change: (transaction: Transaction<Schema>) => Promise<QueryResult<unknown>>,
  ): Promise<number | undefined> {
    return this.#db.transaction().execute(async (transaction) => {
      await sql`select set_config('revtr.counts_opt_outs', 'yes', true)`.execute(transaction);
      const { numAffectedRows = 0n } = await change(transaction);
      if (numAffectedRows === 0n) return undefined;
      const counted = await transaction
        .updateTable('opt_out_changes')
        .set({ number: sql`number + 1` })
        .returning('number')
        .executeTakeFirstOrThrow();
      return counted.number;
    });
  }
}
