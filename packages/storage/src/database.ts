import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { StorageError } from './errors.ts';
import { migrate } from './migrations/index.ts';
import { PgliteConnection } from './pglite/connection.ts';
import { lockDirectory } from './pglite/lock-file.ts';
import { PglitePool } from './pglite/pool.ts';
import type { Schema } from './schema.ts';

/** Where the data is kept: PostgreSQL by URL, the embedded database in a directory, or the embedded one in memory. */
export type DatabaseSettings =
  | { readonly kind: 'postgres'; readonly url: string /** Connections. Default 10. */; readonly connections?: number }
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'memory' };

/**
 * Reads the one database setting: `postgres://…` is a server, `memory:` forgets everything at the end, anything else is the
 * directory of the embedded database. @throws {StorageError} `badSettings` when empty
 */
export function parseDatabaseSettings(text: string): DatabaseSettings {
  if (text === '') throw new StorageError('badSettings', 'the database setting is empty');
  if (/^postgres(ql)?:\/\//.test(text)) return { kind: 'postgres', url: text };
  return text === 'memory:' ? { kind: 'memory' } : { kind: 'embedded', directory: text };
}

/** An open database with an up-to-date schema. */
export interface Database {
  readonly db: Kysely<Schema>;
  /** Whether no other process can be using it: what was lent before it was opened will not come back. */
  readonly isExclusive: boolean;
  close(): Promise<void>;
}

const INT8 = 20;
/** The embedded database has no autovacuum. */
const VACUUM_EVERY_MS = 60_000;

/** Opens the database and migrates it. @throws {StorageError} `directoryInUse`, `migrationFailed` */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const unlock = settings.kind === 'embedded' ? lockDirectory(settings.directory) : () => undefined;
  const pool = settings.kind === 'postgres' ? postgresPool(settings) : embeddedPool(settings);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const vacuum =
    settings.kind === 'postgres'
      ? undefined
      : setInterval(() => {
          sql`vacuum measurements`.execute(db).catch(() => undefined);
        }, VACUUM_EVERY_MS);
  vacuum?.unref();
  const close = async (): Promise<void> => {
    clearInterval(vacuum);
    await db.destroy();
    unlock();
  };
  try {
    await migrate(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, isExclusive: settings.kind !== 'postgres', close };
}

function embeddedPool(settings: Exclude<DatabaseSettings, { kind: 'postgres' }>): PglitePool {
  return new PglitePool(new PgliteConnection(settings.kind === 'embedded' ? settings.directory : undefined));
}

function postgresPool({ url, connections = 10 }: { readonly url: string; readonly connections?: number }): pg.Pool {
  const getTypeParser = ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;
  const pool = new pg.Pool({ connectionString: url, max: connections, types: { getTypeParser } });
  // An idle connection that breaks must not end the process: the next query gets a new one or an error of its own.
  pool.on('error', () => undefined);
  return pool;
}
