import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { PgliteConnection } from './connection.ts';

/**
 * Lets the PostgreSQL dialect use an embedded database: a pool of one session, lent to one borrower at a time, so that
 * transactions do not mix.
 */
export class PglitePool implements PostgresPool {
  readonly options = {};
  readonly #connection: PgliteConnection;
  #lent: Promise<void> = Promise.resolve();

  constructor(connection: PgliteConnection) {
    this.#connection = connection;
  }

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#lent;
    let giveBack: () => void = () => undefined;
    this.#lent = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    return { query: this.#query.bind(this), release: () => giveBack() } as PostgresPoolClient;
  }

  end(): Promise<void> {
    return this.#connection.close();
  }

  async #query<R>(sql: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    const { rows, affectedRows } = await this.#connection.query(sql, parameters);
    const isChange = affectedRows !== undefined && affectedRows > 0;
    return { command: isChange ? 'UPDATE' : 'SELECT', rowCount: affectedRows ?? rows.length, rows: rows as R[] };
  }
}
