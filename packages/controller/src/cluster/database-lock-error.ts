/** What keeps a process from its database: another process that it shares no bus with, or a server that does not let it lock the database. */
export type DatabaseLockFault = 'shared' | 'refused';

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

/** The server has answered for a while, but without giving this process the lock. */
export const lockRefused = (reason: string): DatabaseLockError =>
  new DatabaseLockError('refused', `the database can no longer be locked: ${reason}`);
