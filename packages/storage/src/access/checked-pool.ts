import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { StorageError } from '../errors.ts';
import { sqlStateOf } from './sql-state.ts';
import { refuseBadText } from './text.ts';

/** In the error of the driver when it has no password. */
const NO_PASSWORD = 'client password must be a string';

/**
 * A pool that checks every text parameter before it reaches the database, and whose only errors are {@link StorageError}s. Both
 * databases are used through it, so that they refuse the same values with the same codes.
 */
export class CheckedPool implements PostgresPool {
  readonly #pool: PostgresPool;
  readonly #onStatement: ((statement: Promise<unknown>) => void) | undefined;

  /** `onStatement` receives every statement when it begins. */
  constructor(pool: PostgresPool, onStatement?: (statement: Promise<unknown>) => void) {
    this.#pool = pool;
    this.#onStatement = onStatement;
  }

  get options(): object {
    return this.#pool.options;
  }

  /** @throws {StorageError} `unreachable`, `databaseClosed` */
  async connect(): Promise<PostgresPoolClient> {
    return new CheckedClient(await translated(this.#pool.connect()), this.#onStatement);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

class CheckedClient implements PostgresPoolClient {
  readonly #client: PostgresPoolClient;
  readonly #onStatement: ((statement: Promise<unknown>) => void) | undefined;

  constructor(client: PostgresPoolClient, onStatement: ((statement: Promise<unknown>) => void) | undefined) {
    this.#client = client;
    this.#onStatement = onStatement;
  }

  get processID(): number | undefined {
    return this.#client.processID;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    statement: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    return typeof statement === 'string' ? this.#run<R>(statement, parameters) : this.#client.query<R>(statement);
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy);
  }

  async #run<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    for (const parameter of parameters) if (typeof parameter === 'string') refuseBadText(parameter);
    const result = translated(this.#client.query<R>(sql, parameters));
    this.#onStatement?.(result);
    return result;
  }
}

/** The outcome of `work`; its errors become storage errors. */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof StorageError ? error : storageErrorOf(error);
  }
}

function storageErrorOf(error: unknown): StorageError {
  const message = error instanceof Error ? error.message : String(error);
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return new StorageError('queryFailed', message, { sqlState });
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (message.includes(NO_PASSWORD))
    return new StorageError(
      'unreachable',
      'the database server asks for a password: name it in the URL, or set PGPASSWORD',
      {
        reason: 'noPassword',
      },
    );
  const reason = typeof code === 'string' ? code : 'connectionFailed';
  return new StorageError('unreachable', `the database server cannot be reached: ${message || reason}`, { reason });
}
