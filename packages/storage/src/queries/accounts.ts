import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { ColdStore } from '../cold/cold-store.ts';
import { lockLimits } from '../queue/limit-use.ts';
import { deleteMeasurementsOfUser } from '../results/delete-measurements.ts';
import { readMeasurements } from '../results/stored-measurements.ts';
import type { Schema } from '../schema/schema.ts';
import type { User } from '../schema/users.ts';
import { ApiKeys } from './api-keys.ts';

/** One thing that is stored about a user: the table it is from, and the row. */
export interface AccountRecord {
  readonly type:
    | 'account'
    | 'key'
    | 'session'
    | 'application'
    | 'agent'
    | 'share'
    | 'mail'
    | 'watch'
    | 'watchRun'
    | 'watchChange'
    | 'watchAlert'
    | 'batch'
    | 'measurement'
    | 'publication'
    | 'probeSet'
    | 'probe';
  readonly value: object;
}

const ROWS_AT_ONCE = 500;
const WATCH_TABLES = [
  ['watchRun', 'watch_runs'],
  ['watchChange', 'watch_changes'],
  ['watchAlert', 'watch_alerts'],
] as const;

/** Everything that is stored about a user: exported and deleted as a whole. */
export class Accounts {
  readonly #db: Kysely<Schema>;
  readonly #cold: ColdStore | undefined;

  /** Cold results cannot be read without `cold`. */
  constructor(db: Kysely<Schema>, cold?: ColdStore) {
    this.#db = db;
    this.#cold = cold;
  }

  /** Yields everything that is stored about a user. Measurements are read 500 at a time. Hashes of credentials are left out. */
  async *export(user: User): AsyncGenerator<AccountRecord> {
    const { id, email } = user;
    const db = this.#db;
    yield { type: 'account', value: user };
    yield* paged('key', (after) => new ApiKeys(db).allOf(id, after));
    const sessions = db.selectFrom('sessions').select(['id', 'scopes', 'created_at', 'expires_at', 'last_used_at']);
    for (const value of await sessions.where('user_id', '=', id).execute()) yield { type: 'session', value };
    const applications = db.selectFrom('applications').selectAll();
    const own = applications.where(({ eb, or }) => or([eb('user_id', '=', id), eb('email', '=', email)]));
    for (const value of await own.execute()) yield { type: 'application', value };
    for (const value of await db.selectFrom('agents').selectAll().where('user_id', '=', id).execute())
      yield { type: 'agent', value };
    for (const value of await db.selectFrom('source_shares').selectAll().where('email', '=', email).execute())
      yield { type: 'share', value };
    const mails = db.selectFrom('mails').select(['id', 'subject', 'body', 'created_at', 'sent_at']);
    for (const value of await mails.where('recipient', '=', email).execute()) yield { type: 'mail', value };
    const watches = db.selectFrom('watches').selectAll().where('user_id', '=', id);
    for (const { webhook_secret: _, ...value } of await watches.execute()) yield { type: 'watch', value };
    for (const [type, table] of WATCH_TABLES)
      yield* paged(type, (after) =>
        db
          .selectFrom(table)
          .selectAll()
          .where('watch_id', 'in', db.selectFrom('watches').select('id').where('user_id', '=', id))
          .where('id', '>', after)
          .orderBy('id')
          .limit(ROWS_AT_ONCE)
          .execute(),
      );
    yield* pagesOf('batch', id, db.selectFrom('batches').selectAll());
    yield* paged('measurement', (after) =>
      readMeasurements(db, this.#cold, { userId: id, after, limit: ROWS_AT_ONCE }),
    );
    yield* paged('publication', async (after) => {
      const { rows } = await sql<{ id: number; token: string; published_at: Date }>`
        select measurement_id as id, token, published_at
        from publications, lateral (
          select user_id from results where id = measurement_id
          union
          select user_id from measurements where id = measurement_id
          union
          select user_id from json_results where id = measurement_id
          union
          select publications.user_id where publications.user_id is not null
        ) as published
        where published.user_id = ${id} and measurement_id > ${after}
        order by measurement_id limit ${ROWS_AT_ONCE}`.execute(db);
      return rows;
    });
    yield* pagesOf('probeSet', id, db.selectFrom('probe_sets').selectAll());
    yield* pagesOf(
      'probe',
      id,
      db.selectFrom('probes').select(['id', 'set_id', 'request', 'state', 'created_at', 'ended_at', 'result']),
    );
  }

  /**
   * Deletes an account in one transaction: its credentials, measurements, probes, applications, mails and shares. Agents are withdrawn and lose
   * their owner. The row of the user stays without name and e-mail address. Returns the addresses of the withdrawn agents.
   */
  async delete(user: User, now: Date): Promise<string[]> {
    const { id, email } = user;
    return this.#db.transaction().execute(async (db) => {
      // Requests that are being accepted are stored first, and deleted. Later ones are refused.
      await lockLimits(db, user);
      await db.deleteFrom('sessions').where('user_id', '=', id).execute();
      await db
        .updateTable('mails')
        .set({ token_id: null })
        .where('token_id', 'in', db.selectFrom('one_time_tokens').select('id').where('user_id', '=', id))
        .execute();
      await db.deleteFrom('one_time_tokens').where('user_id', '=', id).execute();
      await db.deleteFrom('watches').where('user_id', '=', id).execute();
      await deleteMeasurementsOfUser(db, id);
      await db.deleteFrom('batches').where('user_id', '=', id).execute();
      await db.deleteFrom('probe_sets').where('user_id', '=', id).execute();
      await db.deleteFrom('api_keys').where('user_id', '=', id).execute();
      await db
        .deleteFrom('applications')
        .where(({ eb, or }) => or([eb('user_id', '=', id), eb('email', '=', email)]))
        .execute();
      await db.deleteFrom('mails').where('recipient', '=', email).execute();
      await db.deleteFrom('source_shares').where('email', '=', email).execute();
      const own = db.selectFrom('agents').select('address').where('user_id', '=', id);
      await db.deleteFrom('source_shares').where('address', 'in', own).execute();
      const agents = await db
        .updateTable('agents')
        .set({ user_id: null, state: 'withdrawn', certificate_serial: null })
        .where('user_id', '=', id)
        .returning('address')
        .execute();
      await db
        .updateTable('users')
        .set({ name: '', email: `deleted-${id}`, role: 'user', disabled_at: now, deleted_at: now })
        .where('id', '=', id)
        .execute();
      return agents.map(({ address }) => address);
    });
  }
}

/** All rows of a user in one table. */
const pagesOf = <Row extends { readonly id: number }>(
  type: AccountRecord['type'],
  userId: number,
  rows: SelectQueryBuilder<Schema, 'batches' | 'probe_sets' | 'probes', Row>,
): AsyncGenerator<AccountRecord> =>
  paged(type, (after) =>
    rows.where('user_id', '=', userId).where('id', '>', after).orderBy('id').limit(ROWS_AT_ONCE).execute(),
  );

async function* paged<Row extends { readonly id: number }>(
  type: AccountRecord['type'],
  read: (after: number) => Promise<Row[]>,
): AsyncGenerator<AccountRecord> {
  let after = 0;
  for (;;) {
    const rows = await read(after);
    for (const value of rows) yield { type, value };
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}
