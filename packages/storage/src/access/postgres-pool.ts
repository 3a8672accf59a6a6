import type { PostgresPool } from 'kysely';
import pg from 'pg';
import { LostConnections } from './lost-connections.ts';

const INT8 = 20;
const DEFAULT_CONNECTIONS = 10;
/** A server that does not accept a connection in this time is away, milliseconds. */
const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
const SUSPICIOUS_MS = 10_000;
/**
 * What the server does about a client that cannot be reached or is suspended: it must not keep its locks. `options` in the URL of the
 * database replaces these settings.
 */
const SESSION_SETTINGS = {
  idle_in_transaction_session_timeout: 60_000,
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 20_000,
};

/** How each connection to a PostgreSQL server is made. 64-bit integers are read as numbers, as the embedded database does. */
export function connectionOptions(url: string): pg.ClientConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  return {
    connectionString: url,
    types,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    options: Object.entries(SESSION_SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
}

/** A pool of connections to a PostgreSQL server. */
export function postgresPool(settings: {
  readonly url: string;
  /** Most connections. Default 10. */
  readonly connections?: number;
  /** After this time the server is asked whether it still works for a connection, milliseconds. Default 10,000. */
  readonly suspiciousMs?: number;
}): PostgresPool {
  const { url, connections = DEFAULT_CONNECTIONS, suspiciousMs = SUSPICIOUS_MS } = settings;
  const options = connectionOptions(url);
  const pool = new pg.Pool({ ...options, max: connections });
  // A connection that breaks must not end the process: neither in the pool nor between two statements of a transaction. The next query
  // gets a new one or an error of its own.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const lost = new LostConnections(
    { suspiciousMs },
    { pool, connect: () => new pg.Client({ ...options, query_timeout: CONNECT_MS }) },
  );
  return {
    options: pool.options,
    connect: () => pool.connect(),
    end: () => {
      lost.stop();
      return pool.end();
    },
  };
}
