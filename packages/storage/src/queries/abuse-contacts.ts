import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import type { AbuseContact } from '../schema/opt-outs.ts';
import type { Schema } from '../schema/schema.ts';

/** Registered abuse contacts, as operators entered them. */
export class AbuseContacts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores the contact of a network in place of the one before. @throws {StorageError} `badText` */
  async put(network: string, email: string): Promise<void> {
    await this.#db
      .insertInto('abuse_contacts')
      .values({ network, email })
      .onConflict((conflict) => conflict.column('network').doUpdateSet({ email }))
      .execute();
  }

  /** Removes the contact of a network. Returns whether there was one. */
  async remove(network: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('abuse_contacts')
      .where('network', '=', network)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  /** The contacts of the networks that have one, in the order of `networks`. */
  async of(networks: readonly string[]): Promise<string[]> {
    if (networks.length === 0) return [];
    const rows = await this.#db.selectFrom('abuse_contacts').selectAll().where('network', 'in', networks).execute();
    const byNetwork = new Map(rows.map(({ network, email }) => [network, email]));
    return networks.flatMap((network) => byNetwork.get(network) ?? []);
  }

  /** Contacts by network; `limit` is at most 1,000, its default. @throws {StorageError} `badLimit` */
  async list(limit = MOST_LISTED): Promise<AbuseContact[]> {
    return this.#db
      .selectFrom('abuse_contacts')
      .selectAll()
      .orderBy('network')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }
}
