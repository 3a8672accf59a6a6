import {
  type Database,
  DatabaseLock,
  type DatabaseSettings,
  hasDatabase,
  openDatabase,
  StorageError,
} from '@revtr/storage';

/** A database that nobody else uses. */
export interface UnusedDatabase extends Database {
  /** Fires, with the reason, when another program may begin to use the database. */
  readonly lost: AbortSignal;
}

/** Whether settings name a database that exists, as far as it can be known: a server is asked when it is used. */
export const isThere = (settings: DatabaseSettings): boolean =>
  settings.kind !== 'embedded' || hasDatabase(settings.directory);

/** A mistyped directory must not become a new database. @throws {StorageError} `noDatabase` */
export function requireDatabase(settings: DatabaseSettings): void {
  if (settings.kind !== 'embedded' || isThere(settings)) return;
  const { directory } = settings;
  throw new StorageError('noDatabase', `the directory ${directory} contains no database`, { directory });
}

/** How a database is opened that nobody else may use. */
export interface OpenUnusedOptions {
  /** Whether a controller must have created it. */
  readonly mustExist: boolean;
  /** Tells this program apart from others that lock the database; see {@link lockHolder}. */
  readonly holder: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a database that no controller uses; none begins to use it until it is closed.
 * @throws {StorageError} `databaseInUse`, `sameDatabase` if `holder` has it already, and those of `openDatabase`; the reason of `signal`
 */
export async function openUnused(
  settings: DatabaseSettings,
  { mustExist, holder, signal }: OpenUnusedOptions,
): Promise<UnusedDatabase> {
  signal.throwIfAborted();
  if (settings.kind !== 'postgres')
    return Object.assign(await openDatabase(settings, { mustExist }), { lost: new AbortController().signal });
  const lock = await lockUnused(settings, holder);
  const lost = new AbortController();
  lock.ended.addEventListener('abort', () =>
    lost.abort(new StorageError('databaseClosed', 'the connection to the database was lost', { reason: 'lockLost' })),
  );
  try {
    signal.throwIfAborted();
    const database = await openDatabase(settings, { mustExist });
    const close = async (): Promise<void> => {
      await database.close();
      await lock.release();
    };
    return { ...database, lost: lost.signal, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function lockUnused({ url }: { readonly url: string }, holder: number): Promise<DatabaseLock> {
  const { own } = await DatabaseLock.holders({ url, isShared: false, holder });
  if (own.length > 0) throw new StorageError('sameDatabase', 'FROM and TO are two names of the same database', {});
  const lock = await DatabaseLock.tryTake({ url, isShared: false, holder });
  if (lock !== undefined) return lock;
  throw new StorageError('databaseInUse', 'a controller uses the database: stop all its processes first', {});
}
