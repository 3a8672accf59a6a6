import { type Clock, untilAborted } from '@revtr/probing';
import { type LastLockHolder, StorageError } from '@revtr/storage';
import type { Logger } from 'pino';
import { lockRefused, sharedDatabase, usedMeanwhile } from './database-lock-error.ts';
import { type FirstLockCollaborators, type HeldLock, takeFirst } from './first-lock.ts';

/** Pause between two attempts to lock a database that is away, and before a lock that was soon lost is taken again, milliseconds. */
const AGAIN_MS = 1_000;
const SOON_MS = 10_000;
/** A database that answers, but cannot be locked for so long, must not be used any longer, milliseconds. */
const MOST_REFUSAL_MS = 60_000;
/**
 * SQLSTATEs of a server that is away: it stops or starts, a pooler does not reach it (class 08), it lacks connections, memory or disk space (class 53),
 * or it is a standby, whose database nobody can lock or change.
 */
const AWAY = /^(57P0[123]|08...|53...|0A000|25006)$/;

export interface DatabaseLockOptions {
  /** Whether this process is a controller by itself, which excludes all others; otherwise it shares a bus and the lock with those of its cluster. */
  readonly isAlone: boolean;
  /** Tells this process apart from others that lock the database; see `lockHolder`. */
  readonly holder: number;
}

export interface DatabaseLockCollaborators extends FirstLockCollaborators {
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Keeps the lock of this process on its database. Two processes that share no bus would use each budget twice, and know nothing of each other's agents
 * and opt-outs. When the session with the lock is lost, the first process to lock the database again goes on. A controller by itself goes on only if no
 * other process had the database meanwhile: it reads opt-outs, kill switches and agents only when it starts.
 */
export class DatabaseLockKeeper {
  readonly #options: DatabaseLockOptions;
  readonly #collaborators: DatabaseLockCollaborators;
  readonly #over = new AbortController();
  readonly #mustStop = new AbortController();
  #lock: HeldLock;
  #last: Pick<LastLockHolder, 'read' | 'replace'> | undefined;
  readonly #keeping: Promise<void>;

  private constructor(lock: HeldLock, options: DatabaseLockOptions, collaborators: DatabaseLockCollaborators) {
    this.#lock = lock;
    this.#options = options;
    this.#collaborators = collaborators;
    this.#keeping = this.#keep();
  }

  /**
   * Waits until no process has the database that excludes this one; `undefined` if `signal` fires first.
   * @throws {DatabaseLockError} `shared` after half a minute; {StorageError}
   */
  static async start(
    options: DatabaseLockOptions,
    collaborators: DatabaseLockCollaborators,
    signal: AbortSignal,
  ): Promise<DatabaseLockKeeper | undefined> {
    const lock = await takeFirst(options, collaborators, signal);
    return lock && new DatabaseLockKeeper(lock, options, collaborators);
  }

  /** Fires, with a {@link DatabaseLockError}, when this process must stop: another one excludes it, or the database cannot be locked again. */
  get mustStop(): AbortSignal {
    return this.#mustStop.signal;
  }

  /** Whether this process has the lock at this moment. */
  get isHeld(): boolean {
    return !this.#lock.ended.aborted;
  }

  /** Stores that this process has the database. To be called once it is open, before anything is read from it. @throws {StorageError} */
  async record(last: Pick<LastLockHolder, 'read' | 'replace'>): Promise<void> {
    await last.replace(this.#options.holder);
    this.#last = last;
  }

  /** Gives the lock back. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#keeping;
    await this.#lock.release();
  }

  async #keep(): Promise<void> {
    const over = this.#over.signal;
    const { log, clock } = this.#collaborators;
    for (;;) {
      const since = clock.now();
      await untilAborted(AbortSignal.any([this.#lock.ended, over]));
      if (over.aborted) return;
      log.warn('the session that has the lock on the database was lost');
      if (clock.now() - since < SOON_MS) await clock.sleep(AGAIN_MS, over).catch(() => undefined);
      const lock = await this.#retake();
      if (lock === undefined) return;
      this.#lock = lock;
      log.info('this process has the lock on the database again');
    }
  }

  /** The lock, as soon as the database answers; `undefined` when this process stops, or must stop. */
  async #retake(): Promise<HeldLock | undefined> {
    const { clock, log } = this.#collaborators;
    let logged: string | undefined;
    let refusedSince: number | undefined;
    while (!this.#over.signal.aborted) {
      try {
        // Another process may have the lock, and leave no connection for an attempt to take it.
        const lock = (await this.#isSuperseded().catch(() => false)) ? 'superseded' : await this.#takeAgain();
        if (lock === 'superseded') this.#mustStop.abort(usedMeanwhile());
        else if (lock === undefined) this.#mustStop.abort(sharedDatabase(this.#options));
        else return lock;
        return undefined;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== logged) log.warn({ reason }, 'the database cannot be locked again');
        logged = reason;
        refusedSince = isRefusal(error) ? (refusedSince ?? clock.now()) : undefined;
        if (refusedSince !== undefined && clock.now() - refusedSince >= MOST_REFUSAL_MS) {
          this.#mustStop.abort(lockRefused(reason));
          return undefined;
        }
      }
      await clock.sleep(AGAIN_MS, this.#over.signal).catch(() => undefined);
    }
    return undefined;
  }

  /** The lock, if this process may go on with it; `undefined` while another process excludes this one. */
  async #takeAgain(): Promise<HeldLock | 'superseded' | undefined> {
    const { isAlone, holder } = this.#options;
    const lock = await this.#collaborators.tryTake();
    if (lock === undefined) return undefined;
    let isUsed = false;
    try {
      if (await this.#isSuperseded()) return 'superseded';
      if (!isAlone) await this.#last?.replace(holder);
      isUsed = true;
      return lock;
    } finally {
      if (!isUsed) await lock.release();
    }
  }

  /** Whether this process knows less than the database, because another one had it while the lock was lost. @throws {StorageError} */
  async #isSuperseded(): Promise<boolean> {
    const { isAlone, holder } = this.#options;
    return isAlone && this.#last !== undefined && (await this.#last.read()) !== holder;
  }
}

/** Whether the database can be reached, and does not let this process lock it. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  if (error.is('queryFailed')) return !AWAY.test(error.details.sqlState);
  return error.is('databaseInUse');
}
