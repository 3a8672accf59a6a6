import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Schema } from '../schema/schema.ts';

/** Something that a process owns. */
export interface Lease {
  readonly name: string;
  /** Grows whenever the lease begins anew: an owner that has a smaller one has lost it. */
  readonly token: number;
}

/**
 * Who owns what in a cluster, for a limited time. The clock of the database decides when a lease ends, because the clocks of processes
 * differ.
 */
export class Leases {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Takes those of `names` that nobody owns, for `forMs` milliseconds. Returns what was taken. Does not wait for leases that {@link withLease} holds:
   * the process that does may be suspended.
   */
  async acquire(owner: string, names: readonly string[], forMs: number): Promise<Lease[]> {
    if (names.length === 0) return [];
    const until = sql`clock_timestamp() + ${forMs} * interval '1 millisecond'`;
    const { rows } = await sql<Lease>`
      with wanted as materialized (
        select name from jsonb_array_elements_text(${JSON.stringify([...new Set(names)].sort())}::jsonb) as wanted(name)
      ), free as materialized (
        select name from leases where name in (select name from wanted) and until <= clock_timestamp()
        order by name for update skip locked
      ), taken as (
        update leases set owner = ${owner}, token = leases.token + 1, until = ${until}
        from free where leases.name = free.name
        returning leases.name, leases.token
      ), added as (
        insert into leases (name, owner, token, until)
        select name, ${owner}, 1, ${until} from wanted
        where not exists (select from leases where leases.name = wanted.name)
        order by name
        on conflict (name) do nothing
        returning name, token
      )
      select name, token from taken union all select name, token from added`.execute(this.#db);
    return rows;
  }

  /** Extends all leases of `owner` that have not ended to `forMs` milliseconds from now. Returns them: all others are lost. */
  async renew(owner: string, forMs: number): Promise<Lease[]> {
    const { rows } = await sql<Lease>`
      update leases set until = clock_timestamp() + ${forMs} * interval '1 millisecond'
      where owner = ${owner} and until > clock_timestamp()
      returning name, token`.execute(this.#db);
    return rows;
  }

  /** Ends leases of `owner` at once, unless they have begun anew with another token. */
  async release(owner: string, leases: readonly Lease[]): Promise<void> {
    await sql`
      update leases set until = clock_timestamp()
      from jsonb_to_recordset(${JSON.stringify(leases)}::jsonb) as given(name text, token bigint)
      where owner = ${owner} and until > clock_timestamp()
        and leases.name = given.name and leases.token = given.token`.execute(this.#db);
  }

  /** Everything that is owned now, by name. */
  async list(): Promise<(Lease & { readonly owner: string })[]> {
    return this.#db
      .selectFrom('leases')
      .select(['name', 'owner', 'token'])
      .where('until', '>', sql<Date>`clock_timestamp()`)
      .orderBy('name')
      .execute();
  }
}

/** Selects a lease if `owner` has it. Nobody else gets it before the transaction ends, but `owner` can renew it meanwhile. */
export const heldLease = (owner: string, name: RawBuilder<unknown>): RawBuilder<unknown> =>
  // Taking a lease locks it for update, and leaves out what is locked. Renewing it changes no key, and does not wait for this lock.
  sql`select from leases where name = ${name} and owner = ${owner} and until > clock_timestamp() for key share`;

/** After this time the server ends the transaction of a process that is suspended while nobody else gets a lease: soon after the lease has ended. */
const SUSPENDED_MS = 5_000;

/**
 * Does `work` in a transaction if `owner` has a lease. Nobody else gets the lease before the transaction ends, but its owner can renew it meanwhile.
 * Returns whether `owner` has it. @throws what `work` throws, and {StorageError}
 */
export async function withLease(
  db: Kysely<Schema>,
  { name, owner }: { readonly name: string; readonly owner: string },
  work: (db: Transaction<Schema>) => Promise<void>,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql`
      select set_config('idle_in_transaction_session_timeout', ${String(SUSPENDED_MS)}, true)
      where exists (${heldLease(owner, sql.val(name))})`.execute(transaction);
    if (rows.length === 0) return false;
    await work(transaction);
    return true;
  });
}
