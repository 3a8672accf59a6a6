import { randomInt } from 'node:crypto';
import pg from 'pg';
import { translated } from './checked-pool.ts';
import { connectionOptions } from './postgres-pool.ts';

/** Numbers of advisory locks: of the lock on the whole database, and of the one that says whose session this is. */
const DATABASE = 7264;
const HOLDER = 7265;
const LOOK_MS = 10_000;
/** How long the server may take to end an earlier session, milliseconds, and how often it is asked to. */
const END_MS = 2_000;
const MOST_ENDS = 3;

/**
 * A transaction, and not only a session, has the lock: a connection pooler that gives each transaction another session would lose it. At this isolation
 * level a transaction that waits keeps no old rows from being removed. The server ends the session of a process that was suspended for a minute.
 */
const BEGIN = [
  'begin isolation level read committed read only',
  "set local idle_in_transaction_session_timeout = '60s'",
];
/** The sessions that have the lock, and whether they are of this holder. */
const holdersOf = (holder: number): string => `
  select held.pid, held.pid in (
    select pid from pg_locks
    where locktype = 'advisory' and database = held.database and classid = ${HOLDER} and objid = ${holder} and objsubid = 2
  ) as "isOwn"
  from pg_locks as held
  where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
    and classid = ${DATABASE} and objid = 0 and objsubid = 2 and granted`;

/** How a process locks its database. */
export interface LockedDatabase {
  readonly url: string;
  /** Whether other processes that share the lock as well may use the database. */
  readonly isShared: boolean;
  /** Tells this process apart from others: see {@link lockHolder}. */
  readonly holder: number;
  /** How often the server is asked whether the session is still there, and how long it may take to answer, milliseconds. Default 10,000. */
  readonly lookMs?: number;
}

/** A number that tells a process which locks databases apart from others. */
export const lockHolder = (): number => randomInt(2 ** 31);

/**
 * The lock that a program holds on a PostgreSQL database while it uses it: a controller of one process and a copy exclude everybody else, and the
 * processes of a cluster share the lock. It has a session of its own, and ends with it.
 */
export class DatabaseLock {
  readonly #client: pg.Client;
  readonly #ended = new AbortController();
  readonly #looking: NodeJS.Timeout;

  private constructor(client: pg.Client, { lookMs }: { readonly lookMs: number }) {
    this.#client = client;
    client.once('end', () => this.#end());
    this.#looking = setInterval(() => void this.#look(), lookMs).unref();
  }

  /**
   * Locks the database; `undefined` if a process has it whose lock excludes this one. An earlier session of the same holder that the server believes to be
   * alive is ended. @throws {StorageError} `unreachable`, `queryFailed`
   */
  static async tryTake({ url, isShared, holder, lookMs = LOOK_MS }: LockedDatabase): Promise<DatabaseLock | undefined> {
    const client = new pg.Client({ ...connectionOptions(url), query_timeout: lookMs });
    // An error of a connection that waits must not end the process: `end` follows.
    client.on('error', () => undefined);
    let lock: DatabaseLock | undefined;
    try {
      await translated(client.connect());
      lock = new DatabaseLock(client, { lookMs });
      if (await translated(hasTaken(client, { isShared, holder }))) return lock;
    } catch (error) {
      await lock?.release();
      throw error;
    }
    await lock.release();
    return undefined;
  }

  /** Fires when the lock is lost or released. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    this.#end();
    await this.#client.end();
  }

  #end(): void {
    clearInterval(this.#looking);
    this.#ended.abort();
  }

  async #look(): Promise<void> {
    try {
      await this.#client.query('select 1');
    } catch {
      await this.release();
    }
  }
}

/** The statements have no parameters: a statement with parameters keeps old rows from being removed until the next one begins. */
async function hasTaken(
  client: pg.Client,
  { isShared, holder }: Pick<LockedDatabase, 'isShared' | 'holder'>,
): Promise<boolean> {
  for (const statement of BEGIN) await client.query(statement);
  await client.query(`select pg_advisory_xact_lock_shared(${HOLDER}, ${holder})`);
  const take = isShared ? 'pg_try_advisory_xact_lock_shared' : 'pg_try_advisory_xact_lock';
  for (let ends = 0; ; ends++) {
    const { rows } = await client.query<{ taken: boolean }>(`select ${take}(${DATABASE}, 0) as taken`);
    if (rows[0]?.taken === true) return true;
    const { rows: holders } = await client.query<{ pid: number; isOwn: boolean }>(holdersOf(holder));
    // Whoever had the lock a moment ago may have left: without a holder, the next attempt succeeds.
    if (holders.some(({ isOwn }) => !isOwn) || ends === MOST_ENDS) return false;
    for (const { pid } of holders) await client.query(`select pg_terminate_backend(${pid}, ${END_MS})`);
  }
}
