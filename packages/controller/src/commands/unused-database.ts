import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Database,
  DatabaseLock,
  type DatabaseSettings,
  lockHolder,
  openDatabase,
  StorageError,
} from '@revtr/storage';

/** A file that every directory of an embedded database has. */
const MARK = 'PG_VERSION';

/** A database that nobody else uses. */
export interface UnusedDatabase extends Database {
  /** Fires, with the reason, when another program may begin to use the database. */
  readonly lost: AbortSignal;
}

/** Whether settings name a database that exists, as far as it can be known: a server is asked when it is used. */
export const isThere = (settings: DatabaseSettings): boolean =>
  settings.kind !== 'embedded' || existsSync(join(settings.directory, MARK));

/** A mistyped directory must not become a new database. @throws {StorageError} `noDatabase` */
export function requireDatabase(settings: DatabaseSettings): void {
  if (settings.kind !== 'embedded' || isThere(settings)) return;
  const { directory } = settings;
  throw new StorageError('noDatabase', `the directory ${directory} contains no database`, { directory });
}

/** Opens a database that no controller uses; none begins to use it until it is closed. @throws {StorageError} `databaseInUse`, and those of `openDatabase` */
export async function openUnused(settings: DatabaseSettings): Promise<UnusedDatabase> {
  if (settings.kind !== 'postgres')
    return Object.assign(await openDatabase(settings), { lost: new AbortController().signal });
  const lock = await DatabaseLock.tryTake({ url: settings.url, isShared: false, holder: lockHolder() });
  if (lock === undefined)
    throw new StorageError('databaseInUse', 'a controller uses the database: stop all its processes first', {});
  const lost = new AbortController();
  lock.ended.addEventListener('abort', () =>
    lost.abort(new StorageError('databaseClosed', 'the connection to the database was lost', { reason: 'lockLost' })),
  );
  try {
    const database = await openDatabase(settings);
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
