import { randomInt } from 'node:crypto';
import { Socket } from 'node:net';
import pg from 'pg';
import { translated } from './checked-pool.ts';
import { hasTaken, holdersThatExclude, type LockHolders, type LockKind, type Query } from './lock-session.ts';
import { connectionOptions } from './postgres-pool.ts';

const LOOK_MS = 10_000;
/** The server may take so long to end a session that is given back, milliseconds. */
const END_MS = 1_000;

/** How a process locks its database. */
export interface LockedDatabase extends LockKind {
  readonly url: string;
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
  readonly #session: LockSession;
  readonly #ended = new AbortController();
  readonly #looking: NodeJS.Timeout;

  private constructor(session: LockSession, { lookMs }: { readonly lookMs: number }) {
    this.#session = session;
    session.client.once('end', () => this.#end());
    this.#looking = setInterval(() => void this.#look(), lookMs).unref();
  }

  /**
   * Locks the database; `undefined` if a process has it whose lock excludes this one. An earlier session of the same holder that the server believes to be
   * alive is ended. @throws {StorageError} `unreachable`, `queryFailed`, `databaseInUse`
   */
  static async tryTake(options: LockedDatabase): Promise<DatabaseLock | undefined> {
    const { lookMs = LOOK_MS } = options;
    const session = new LockSession(options);
    let lock: DatabaseLock | undefined;
    try {
      await translated(session.client.connect());
      lock = new DatabaseLock(session, { lookMs });
      if (await translated(hasTaken(session.query, options))) return lock;
    } catch (error) {
      await lock?.release();
      throw error;
    }
    await lock.release();
    return undefined;
  }

  /** The sessions that exclude a process which would lock the database so. @throws {StorageError} `unreachable`, `queryFailed` */
  static async holders(options: LockedDatabase): Promise<LockHolders> {
    const session = new LockSession(options);
    await translated(session.client.connect());
    try {
      return await translated(holdersThatExclude(session.query, options));
    } finally {
      await session.end();
    }
  }

  /** Fires when the lock is lost or released. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Gives the lock back. */
  async release(): Promise<void> {
    this.#end();
    await this.#session.end();
  }

  #end(): void {
    clearInterval(this.#looking);
    this.#ended.abort();
  }

  async #look(): Promise<void> {
    try {
      await this.#session.query('select 1');
    } catch {
      await this.release();
    }
  }
}

/** A connection for the lock alone. */
class LockSession {
  readonly client: pg.Client;
  readonly #socket = new Socket();

  constructor({ url, lookMs = LOOK_MS }: LockedDatabase) {
    this.client = new pg.Client({
      ...connectionOptions(url),
      application_name: 'revtr-controller lock',
      query_timeout: lookMs,
      stream: () => this.#socket,
    });
    // An error of a connection that waits must not end the process: `end` follows.
    this.client.on('error', () => undefined);
  }

  readonly query: Query = async (statement) => (await this.client.query<Record<string, unknown>>(statement)).rows;

  /** Ends the session. A server that does not answer is not waited for. */
  async end(): Promise<void> {
    const destroying = setTimeout(() => this.#socket.destroy(), END_MS);
    try {
      await this.client.end();
    } finally {
      clearTimeout(destroying);
    }
  }
}
