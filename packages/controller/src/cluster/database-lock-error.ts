/**
 * What keeps a process from its database: another process that it shares no bus with, one that had the database while this process had lost its lock, or
 * a server that does not let it lock the database.
 */
export type DatabaseLockFault = 'shared' | 'usedMeanwhile' | 'refused';

/** This process must not use its database. */
export class DatabaseLockError extends Error {
  readonly code: DatabaseLockFault;

  constructor(code: DatabaseLockFault, message: string) {
    super(message);
    this.name = 'DatabaseLockError';
    this.code = code;
  }
}

/** Other processes use the database. `isAlone`: whether this process is a controller by itself. */
export const sharedDatabase = ({ isAlone }: { readonly isAlone: boolean }): DatabaseLockError =>
  new DatabaseLockError(
    'shared',
    isAlone
      ? 'another process of a controller uses this database: stop it, or set REVTR_BUS for both (docs/cluster.md)'
      : 'a controller without REVTR_BUS uses this database: stop it first (docs/cluster.md)',
  );

/** This process has its lock again, but what it knows may no longer be what the database says. */
export const usedMeanwhile = (): DatabaseLockError =>
  new DatabaseLockError(
    'usedMeanwhile',
    'another process has used this database while the connection with the lock was lost: start this one again',
  );

/** The server has answered for a while, but without giving this process the lock. */
export const lockRefused = (reason: string): DatabaseLockError =>
  new DatabaseLockError('refused', `the database can no longer be locked: ${reason}`);
