/** Why a file of cold results cannot be read: this process does not know their place, or what is wrong with the file. */
export type ColdFault = 'noPlace' | 'missing' | 'damaged' | 'failed';

/** The details of each error of this package, by error code. Codes are stable. */
export interface StorageErrorDetails {
  /** The database setting cannot be used. */
  readonly badSettings: { readonly reason: string };
  /** Another process, or this one, has the data directory open; `owner` is the process number in its own container, where that is known. */
  readonly directoryInUse: { readonly directory: string; readonly owner: number | undefined };
  /** The data directory belongs to another user, is not a directory, or cannot be locked. */
  readonly unsafeDirectory: { readonly directory: string; readonly reason: string };
  /** The schema could not be brought up to date. */
  readonly migrationFailed: { readonly migration: string };
  /** The database was closed, or its worker thread ended. */
  readonly databaseClosed: { readonly reason: string };
  /** The PostgreSQL server cannot be reached; `reason` is the system's error code where there is one. */
  readonly unreachable: { readonly reason: string };
  /** The database refused a statement; `sqlState` is the code of five characters (PostgreSQL manual, appendix A). */
  readonly queryFailed: { readonly sqlState: string };
  /** Text contains a character that PostgreSQL cannot store: NUL, or half of a surrogate pair. */
  readonly badText: { readonly character: 'nul' | 'loneSurrogate' };
  /** The limit of a listing is not a whole number from 1 to `maximum`. */
  readonly badLimit: { readonly limit: number; readonly maximum: number };
  /** More rows than a query that must return all of them may return. */
  readonly tooManyRows: { readonly rows: string; readonly maximum: number };
  /** So many requests of the user wait to be stored that no further one is taken. */
  readonly tooManyWaiting: { readonly maximum: number };
  /** A request cannot be accepted for a user who is disabled or deleted. */
  readonly userDisabled: { readonly userId: number };
  /** A stored result is not in the form of this version, or damaged at this byte. */
  readonly badRecord: { readonly reason: string; readonly at: number };
  /**
   * A file of cold results is missing, damaged, or cannot be read; the path is that in the place of cold results. Other results can be read.
   */
  readonly coldUnreadable: { readonly path: string; readonly reason: ColdFault };
  /** The place of cold results belongs to another database. */
  readonly foreignPlace: { readonly place: string };
  /** A file of cold results was given up while it was being written, or is not what was written. */
  readonly coldFileLost: { readonly path: string };
  /** An object store did not do what it was asked to; `reason` is its error code where it gave one. There is no status without an answer. */
  readonly objectStore: { readonly status: number | undefined; readonly reason: string };
  /** There is no database here, or no controller has used it. */
  readonly noDatabase: { readonly directory?: string };
  /** A directory that is no database has other files. */
  readonly directoryNotEmpty: { readonly directory: string };
  /** Another program uses the database, for example a controller. */
  readonly databaseInUse: Record<never, never>;
  /** Both names of a copy are those of one database. */
  readonly sameDatabase: Record<never, never>;
  /** A copy cannot go to this database, because a controller has used it: it has so many users. */
  readonly databaseNotEmpty: { readonly users: number };
  /** The database has this encoding, in which not all text can be stored. */
  readonly notUtf8: { readonly encoding: string };
  /** This table does not have the same columns in the two databases of a copy. */
  readonly differentSchemas: { readonly table: string };
  /** The copy of this table does not have the same rows as the original. */
  readonly copyDiffers: { readonly table: string };
  /** A value passed as the hash of an API key is not the hexadecimal form of a SHA-256. */
  readonly badKeyHash: { readonly length: number };
}

/** A stable code that says what failed. */
export type StorageErrorCode = keyof StorageErrorDetails;

/** The error class of this package: a stable code, a message for people, and details whose type depends on the code. */
export class StorageError<Code extends StorageErrorCode = StorageErrorCode> extends Error {
  readonly code: Code;
  readonly details: StorageErrorDetails[Code];

  constructor(code: Code, message: string, details: StorageErrorDetails[Code]) {
    super(message);
    this.name = 'StorageError';
    this.code = code;
    this.details = details;
  }

  /** Whether the error has this code; narrows the type of `details`. */
  is<Other extends StorageErrorCode>(code: Other): this is StorageError<Other> {
    return (this.code as StorageErrorCode) === code;
  }
}

/** Whether an error says that the database refused a statement with this SQLSTATE. */
export const isRefusedWith = (error: unknown, sqlState: string): boolean =>
  error instanceof StorageError && error.is('queryFailed') && error.details.sqlState === sqlState;
