import { StorageError } from '../errors.ts';

/** Numbers of advisory locks: of the lock on the whole database, and of the one that says whose session this is. */
const DATABASE = 7264;
const HOLDER = 7265;
/** How long the server may take to end an earlier session, milliseconds. */
const END_MS = 2_000;
/** Pause between two looks at the holders, seconds. */
const PAUSE_S = 0.1;
const MOST_ATTEMPTS = 5;
/** The first version of the server that limits how long a transaction may last. */
const LIMITS_TRANSACTIONS = 170_000;

/** Asks the server, and returns the rows of its answer. */
export type Query = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Which lock a session takes. */
export interface LockKind {
  /** Whether other sessions that share the lock as well may have it at the same time. */
  readonly isShared: boolean;
  /** Tells processes apart: a session with the same number is an earlier one of this process. */
  readonly holder: number;
}

/** Who has a lock that excludes another one. */
export interface LockHolders {
  /** Sessions of the same holder. */
  readonly own: readonly number[];
  readonly others: readonly number[];
}

/**
 * Takes the lock in a transaction that stays open; `false` if another holder excludes this one. Sessions of the same holder are ended. The statements have
 * no parameters: a statement with parameters keeps old rows from being removed until the next one begins.
 * @throws {StorageError} `databaseInUse` if an earlier session of the holder does not end; errors of the driver
 */
export async function hasTaken(query: Query, kind: LockKind): Promise<boolean> {
  const { isShared, holder } = kind;
  const [version] = await query('show server_version_num');
  const take = isShared ? 'pg_try_advisory_xact_lock_shared' : 'pg_try_advisory_xact_lock';
  let before: readonly number[] = [];
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
    for (const statement of beginning(Number(version?.server_version_num))) await query(statement);
    await query(`select pg_advisory_xact_lock_shared(${HOLDER}, ${holder})`);
    const [row] = await query(`select ${take}(${DATABASE}, 0) as taken`);
    if (row?.taken === true) return true;
    // The transaction that stays must have no lock on a catalog, which each look takes.
    await query('rollback');
    const { own, others } = await holdersThatExclude(query, kind);
    // A session that ends gives its locks back one after the other: for a moment, one's own looks like that of another holder.
    if (others.some((pid) => before.includes(pid))) return false;
    before = others;
    for (const pid of own) await query(`select pg_terminate_backend(${pid}, ${END_MS})`);
    await query(`select pg_sleep(${PAUSE_S})`);
  }
  throw new StorageError('databaseInUse', 'an earlier session with the lock on the database does not end', {});
}

/**
 * The statements that begin a transaction with the lock. A transaction, and not only a session, has it: a connection pooler that gives each transaction another
 * session would lose it. A hot standby refuses a transaction that may write. At this isolation level a transaction that waits keeps no old rows from being
 * removed. The server ends the session of a process that is suspended for longer than the limit, before a process that waits for the lock gives up.
 * @param version - `server_version_num`
 */
export const beginning = (version: number): readonly string[] => [
  'begin isolation level read committed read write',
  "set local idle_in_transaction_session_timeout = '25s'",
  ...(version >= LIMITS_TRANSACTIONS ? ['set local transaction_timeout = 0'] : []),
];

/** The sessions that have a lock which excludes one of this kind. */
export async function holdersThatExclude(query: Query, { isShared, holder }: LockKind): Promise<LockHolders> {
  const rows = await query(`
    select pid, bool_or(classid = ${HOLDER}) as "isOwn"
    from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
      and objsubid = 2 and granted and (classid = ${DATABASE} and objid = 0 or classid = ${HOLDER} and objid = ${holder})
    group by pid
    having bool_or(classid = ${DATABASE}${isShared ? " and mode = 'ExclusiveLock'" : ''})`);
  const pids = (isOwn: boolean): readonly number[] =>
    rows.filter((row) => row.isOwn === isOwn).map(({ pid }) => Number(pid));
  return { own: pids(true), others: pids(false) };
}
