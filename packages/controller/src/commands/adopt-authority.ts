import {
  AuthorityRoot,
  type DatabaseSettings,
  LastLockHolder,
  lockHolder,
  parseDatabaseSettings,
  StorageError,
  Users,
} from '@revtr/storage';
import { adoptAuthority } from '../authority/known-authority.ts';
import type { CommandContext } from '../program/run-command.ts';
import { readTwo } from './read-two.ts';
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
  const two = readTwo(args, {
    command: 'adopt-authority',
    takes: 'a database and a directory, DATABASE and AUTHORITY',
  });
  if (typeof two === 'string') return two;
  const [database, authority] = two;
  if (database === 'memory:') return 'memory: stores nothing';
  return { database: parseDatabaseSettings(database), authority };
}

/**
 * Makes a certificate authority the one of a database, and writes what is to be done next.
 * @throws {StorageError} `noDatabase`, `databaseInUse`, and those of `openDatabase`; {LinkError} `badCertificate`; the reason of `signal`
 */
export async function runAdoptAuthority(
  { database: settings, authority }: AdoptRequest,
  { write, signal, now }: CommandContext & { readonly now: Date },
): Promise<void> {
  requireDatabase(settings);
  const holder = lockHolder();
  const database = await openUnused(settings, { mustExist: true, holder, signal });
  try {
    const { db } = database;
    // A first start that failed after the authority had been stored leaves a database without users.
    if (!(await new Users(db).exist()) && (await new AuthorityRoot(db).fingerprint()) === undefined)
      throw new StorageError(
        'noDatabase',
        'no controller has used this database: it takes the authority of the first gateway',
        {},
      );
    signal.throwIfAborted();
    await new LastLockHolder(db).replace(holder);
    const { fingerprint, isNew } = await adoptAuthority(authority, { db, now });
    if (isNew) write(`Created a certificate authority in ${authority}.`);
    write(`The database uses the certificate authority in ${authority}.`);
    write(`The fingerprint of its root.crt is ${fingerprint}.`);
    write(
      `Copy the directory to every gateway, start the gateways with REVTR_AUTHORITY=${authority}, and give root.crt to every agent.`,
    );
  } finally {
    await database.close();
  }
}
