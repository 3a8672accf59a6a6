import { type Clock, untilAborted } from '@revtr/probing';
import type { DatabaseLock } from '@revtr/storage';
import type { Logger } from 'pino';

/** The server keeps the session of a process whose host has failed for up to 25 seconds, until its keepalives end it, milliseconds. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;
/** Pause between two attempts to lock a database that is away, milliseconds. */
const AGAIN_MS = 1_000;

/** Other processes use the database, and this one does not share a bus with them. */
export class SharedDatabaseError extends Error {
  constructor({ isAlone }: { readonly isAlone: boolean }) {
    super(
      isAlone
        ? 'another process of a controller uses this database: stop it, or set REVTR_BUS for both (docs/cluster.md)'
        : 'a controller without REVTR_BUS uses this database: stop it first (docs/cluster.md)',
    );
    this.name = 'SharedDatabaseError';
  }
}

export interface DatabaseLockOptions {
  /** Whether this process is a controller by itself, which excludes all others; otherwise it shares a bus and the lock with those of its cluster. */
  readonly isAlone: boolean;
}

export interface DatabaseLockCollaborators {
  /** Locks the database; `undefined` while another process excludes this one. */
  readonly tryTake: () => Promise<Pick<DatabaseLock, 'ended' | 'release'> | undefined>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Keeps the lock of this process on its database. Two processes that share no bus would use each budget twice, and know nothing of each other's agents
 * and opt-outs. When the session with the lock is lost, the first process to lock the database again goes on.
 */
export class DatabaseLockKeeper {
  readonly #options: DatabaseLockOptions;
  readonly #collaborators: DatabaseLockCollaborators;
  readonly #over = new AbortController();
  readonly #excluded = new AbortController();
  #lock: Pick<DatabaseLock, 'ended' | 'release'>;
  readonly #keeping: Promise<void>;

  private constructor(
    lock: Pick<DatabaseLock, 'ended' | 'release'>,
    options: DatabaseLockOptions,
    collaborators: DatabaseLockCollaborators,
  ) {
    this.#lock = lock;
    this.#options = options;
    this.#collaborators = collaborators;
    this.#keeping = this.#keep();
  }

  /**
   * Waits until no process has the database that excludes this one; `undefined` if `signal` fires first.
   * @throws {SharedDatabaseError} after half a minute; {StorageError} `unreachable`, `queryFailed`
   */
  static async start(
    options: DatabaseLockOptions,
    collaborators: DatabaseLockCollaborators,
    signal: AbortSignal,
  ): Promise<DatabaseLockKeeper | undefined> {
    const { tryTake, clock, log } = collaborators;
    for (let waited = 0; ; waited += LOOK_MS) {
      const lock = await tryTake();
      if (lock !== undefined) return new DatabaseLockKeeper(lock, options, collaborators);
      if (waited >= PATIENCE_MS) throw new SharedDatabaseError(options);
      if (waited === 0) log.info('waiting until another process of a controller has left the database');
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
    }
  }

  /** Fires, with a {@link SharedDatabaseError}, when another process excludes this one, which must stop then. */
  get excluded(): AbortSignal {
    return this.#excluded.signal;
  }

  /** Gives the lock back. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#keeping;
    await this.#lock.release();
  }

  async #keep(): Promise<void> {
    const over = this.#over.signal;
    const { log } = this.#collaborators;
    for (;;) {
      await untilAborted(AbortSignal.any([this.#lock.ended, over]));
      if (over.aborted) return;
      log.warn('the session that has the lock on the database was lost');
      const lock = await this.#retake();
      if (lock === undefined) return;
      this.#lock = lock;
      log.info('this process has the lock on the database again');
    }
  }

  /** The lock, as soon as the database answers; `undefined` when this process stops, or must stop. */
  async #retake(): Promise<Pick<DatabaseLock, 'ended' | 'release'> | undefined> {
    const { tryTake, clock } = this.#collaborators;
    while (!this.#over.signal.aborted) {
      try {
        const lock = await tryTake();
        if (lock === undefined) this.#excluded.abort(new SharedDatabaseError(this.#options));
        return lock;
      } catch {
        // The database is away: what needs it says so in the log.
        await clock.sleep(AGAIN_MS, this.#over.signal).catch(() => undefined);
      }
    }
    return undefined;
  }
}
