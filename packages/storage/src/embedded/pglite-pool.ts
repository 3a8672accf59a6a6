import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { PgliteConnection } from './pglite-connection.ts';

/**
 * A pool with the only session of the embedded database, for the PostgreSQL dialect of Kysely. One caller at a time holds the
 * session, because statements of two transactions must not mix.
 */
export class PglitePool implements PostgresPool {
  readonly options = {};
  readonly #connection: PgliteConnection;
  #held: Promise<void> = Promise.resolve();

  constructor(connection: PgliteConnection) {
    this.#connection = connection;
  }

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#held;
    let release: () => void = () => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return { query: this.#query.bind(this), release: () => release() } as PostgresPoolClient;
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
