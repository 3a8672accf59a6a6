/** What can go wrong with the database. Codes are stable. */
export type StorageErrorCode = 'directoryInUse' | 'badSettings' | 'migrationFailed' | 'databaseClosed' | 'queryFailed';

/** The one error class of storage: a stable code, a sentence for a person, typed details. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: StorageErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'StorageError';
    this.code = code;
    this.details = details;
  }
}
