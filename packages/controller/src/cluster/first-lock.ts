import type { Clock } from '@revtr/probing';
import type { DatabaseLock } from '@revtr/storage';
import type { Logger } from 'pino';
import { sharedDatabase } from './database-lock-error.ts';

/** A lock on the database. */
export type HeldLock = Pick<DatabaseLock, 'ended' | 'release'>;

/** The server keeps the session of a process whose host has failed, or that is suspended, for up to 25 seconds, milliseconds. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;
/** A process that is running takes a lock again that it has lost. It goes before one that only wants to start, milliseconds. */
const YIELD_MS = 3_000;

export interface FirstLockCollaborators {
  /** Locks the database; `undefined` while another process excludes this one. */
  readonly tryTake: () => Promise<HeldLock | undefined>;
  /** Whether no process excludes this one. */
  readonly isFree: () => Promise<boolean>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Locks the database for a process that starts. If another one excludes it, waits until that one has left; `undefined` if `signal` fires first.
 * @throws {DatabaseLockError} `shared` after half a minute; {StorageError}
 */
export async function takeFirst(
  options: { readonly isAlone: boolean },
  { tryTake, isFree, clock, log }: FirstLockCollaborators,
  signal: AbortSignal,
): Promise<HeldLock | undefined> {
  for (let waited = 0; ; ) {
    const lock = await tryTake();
    if (lock !== undefined) return lock;
    if (waited === 0) log.info('waiting until another process of a controller has left the database');
    for (let freeFor = 0; freeFor < YIELD_MS; waited += LOOK_MS) {
      const free = await isFree();
      if (!free && waited >= PATIENCE_MS) throw sharedDatabase(options);
      freeFor = free ? freeFor + LOOK_MS : 0;
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
    }
  }
}
