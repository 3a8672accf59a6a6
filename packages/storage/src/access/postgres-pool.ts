import type { PostgresPool } from 'kysely';
import pg from 'pg';

const INT8 = 20;
const DEFAULT_CONNECTIONS = 10;

/** A pool of connections to a PostgreSQL server. 64-bit integers are read as numbers, as the embedded database does. */
export function postgresPool(settings: { readonly url: string; readonly connections?: number }): PostgresPool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const { url, connections = DEFAULT_CONNECTIONS } = settings;
  const pool = new pg.Pool({ connectionString: url, max: connections, types });
  // An idle connection that breaks must not end the process: the next query gets a new one or an error of its own.
  pool.on('error', () => undefined);
  return pool;
}
