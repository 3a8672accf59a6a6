import { type Kysely, sql } from 'kysely';
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

  /** Takes those of `names` that nobody owns, for `forMs` milliseconds. Returns what was taken. */
  async acquire(owner: string, names: readonly string[], forMs: number): Promise<Lease[]> {
    if (names.length === 0) return [];
    const { rows } = await sql<Lease>`
      insert into leases (name, owner, token, until)
      select name, ${owner}, 1, clock_timestamp() + ${forMs} * interval '1 millisecond'
      from jsonb_array_elements_text(${JSON.stringify([...new Set(names)].sort())}::jsonb) as wanted(name)
      on conflict (name) do update
      set owner = excluded.owner, token = leases.token + 1, until = excluded.until
      where leases.until <= clock_timestamp()
      returning name, token`.execute(this.#db);
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

/** Whether `owner` has a lease. Within a transaction, nobody else gets it before the transaction ends. */
export async function holdsLease(db: Kysely<Schema>, name: string, owner: string): Promise<boolean> {
  const { rows } = await sql`
    select from leases where name = ${name} and owner = ${owner} and until > clock_timestamp() for share`.execute(db);
  return rows.length > 0;
}
