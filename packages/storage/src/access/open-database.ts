import { setTimeout as timer } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import { compiledPrograms } from '../embedded/compiled-programs.ts';
import { hasDatabase } from '../embedded/database-directory.ts';
import { EmptyCluster } from '../embedded/empty-cluster.ts';
import { lockDirectory } from '../embedded/lock-file.ts';
import { maintainUntil } from '../embedded/maintenance.ts';
import { NewDatabaseImage } from '../embedded/new-database-image.ts';
import { PgliteConnection } from '../embedded/pglite-connection.ts';
import { PglitePool } from '../embedded/pglite-pool.ts';
import { makePrivate } from '../embedded/private-directory.ts';
import { StorageError } from '../errors.ts';
import { migrate } from '../migrations/index.ts';
import type { Schema } from '../schema/schema.ts';
import { CheckedPool } from './checked-pool.ts';
import type { DatabaseSettings } from './database-settings.ts';
import { postgresPool } from './postgres-pool.ts';
import { requireUtf8 } from './require-utf8.ts';

/** An open database with an up-to-date schema. */
export interface Database {
  readonly db: Kysely<Schema>;
  /** Whether no other process can use the database. Leases that an earlier process took have then no holder any more. */
  readonly isExclusive: boolean;
  /** Resolves when the database answers. @throws {StorageError} and errors of the driver */
  ping(): Promise<void>;
  /** Finishes the statements under way and closes the database. */
  close(): Promise<void>;
}

/** What an open database works with. */
export interface DatabaseCollaborators {
  /** Whether only a database that a controller has created before is opened: a mistyped one must not get its tables. Default false. */
  readonly mustExist?: boolean;
  /** Waits until the next upkeep of the embedded database; rejects when `signal` fires. Default: a timer. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Receives every statement when it begins. Default: nobody does. */
  readonly onStatement?: (statement: Promise<unknown>) => void;
}

const newDatabase = new NewDatabaseImage();

/**
 * Opens the database and migrates its schema to the latest version. The directory of the embedded database gets mode 0700 and
 * the files in it 0600.
 * @throws {StorageError} `directoryInUse`, `unsafeDirectory`, `unreachable`, `databaseClosed`, `notUtf8`, `migrationFailed` or, with `mustExist`, `noDatabase`
 */
export async function openDatabase(
  settings: DatabaseSettings,
  { mustExist = false, sleep = unreferencedTimer, onStatement }: DatabaseCollaborators = {},
): Promise<Database> {
  const { pool, release, migrated } = await openPool(settings);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new CheckedPool(pool, onStatement) }) });
  const isEmbedded = settings.kind !== 'postgres';
  const over = new AbortController();
  const maintaining = isEmbedded ? maintainUntil(over.signal, db, sleep) : undefined;
  const close = async (): Promise<void> => {
    over.abort();
    await maintaining;
    await db.destroy();
    release();
  };
  try {
    if (!isEmbedded) await requireUtf8(db);
    if (mustExist) await requireTables(db);
    await migrate(db);
    await migrated?.();
  } catch (error) {
    await close();
    throw error;
  }
  const ping = async (): Promise<void> => {
    await sql`select 1`.execute(db);
  };
  return { db, isExclusive: isEmbedded, ping, close };
}

/** The table is one of the first version. */
async function requireTables(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ name: string | null }>`select to_regclass('measurements')::text as name`.execute(db);
  if (typeof rows[0]?.name !== 'string')
    throw new StorageError(
      'noDatabase',
      'the database has no tables of a controller: look whether its name is right',
      {},
    );
}

interface OpenPool {
  readonly pool: PostgresPool;
  release(): void;
  /** To be called after the migrations, before anything else is stored. */
  migrated?(): Promise<void>;
}

async function openPool(settings: DatabaseSettings): Promise<OpenPool> {
  if (settings.kind === 'postgres') return { pool: postgresPool(settings), release: () => undefined };
  const programs = await compiledPrograms();
  const empty = await EmptyCluster.in(process.env.NODE_COMPILE_CACHE);
  if (settings.kind === 'memory') {
    const image = newDatabase.image ?? (await empty?.read());
    const connection = new PgliteConnection({ programs, image });
    if (image === undefined) await empty?.keep(() => connection.image());
    return {
      pool: new PglitePool(connection),
      release: () => undefined,
      migrated: () => newDatabase.opened(connection),
    };
  }
  const { directory } = settings;
  makePrivate(directory);
  const release = lockDirectory(directory);
  const image = hasDatabase(directory) ? undefined : await empty?.read();
  return { pool: new PglitePool(new PgliteConnection({ programs, directory, image })), release };
}

const unreferencedTimer = (milliseconds: number, signal: AbortSignal): Promise<unknown> =>
  timer(milliseconds, undefined, { signal, ref: false });
