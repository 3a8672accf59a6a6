import { type DatabaseSettings, parseDatabaseSettings, StorageError } from '@revtr/storage';
import { adoptAuthority } from '../authority/known-authority.ts';
import { openUnused, requireDatabase } from './unused-database.ts';

/** What `adopt-authority` is asked to do. */
export interface AdoptRequest {
  readonly database: DatabaseSettings;
  /** Directory of the certificate authority. */
  readonly authority: string;
}

/**
 * Reads what follows `adopt-authority` on the command line. Returns a sentence if it is anything else than a database and a directory.
 * @throws {StorageError} `badSettings`
 */
export function readAdoptRequest(args: readonly string[]): AdoptRequest | string {
  const [database = '', authority = '', ...others] = args;
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) return `adopt-authority has no option ${option}`;
  if (database === '' || authority === '' || others.length > 0)
    return 'adopt-authority takes a database and a directory, DATABASE and AUTHORITY';
  if (database === 'memory:') return 'memory: stores nothing';
  return { database: parseDatabaseSettings(database), authority };
}

/**
 * Makes a certificate authority the one of a database, and writes what is to be done next.
 * @throws {StorageError} `noDatabase`, `databaseInUse`, and those of `openDatabase`; {LinkError} `badCertificate`
 */
export async function runAdoptAuthority(
  { database: settings, authority }: AdoptRequest,
  { write, now }: { readonly write: (line: string) => void; readonly now: Date },
): Promise<void> {
  requireDatabase(settings);
  const database = await openUnused(settings);
  try {
    const { db } = database;
    if ((await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined)
      throw new StorageError(
        'noDatabase',
        'no controller has used this database: it takes the authority of the first gateway',
        {},
      );
    const fingerprint = await adoptAuthority(authority, { db, now });
    write(`The database uses the certificate authority in ${authority}.`);
    write(`The fingerprint of its root.crt is ${fingerprint}.`);
    write('Copy the directory to every gateway, and give root.crt to every agent.');
  } finally {
    await database.close();
  }
}
