import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, Users } from '@revtr/storage';
import type { Logger } from 'pino';

/**
 * Logs an error if the database is new although the certificate authority is not: an operator who has changed the database may not know that the opt-outs
 * and kill switches are in the earlier one. To be called before the operator's account is made.
 */
export async function warnOfNewDatabase(
  { authority }: { readonly authority: string },
  { db, log }: Pick<Database, 'db'> & { readonly log: Logger },
): Promise<void> {
  if (!existsSync(join(authority, 'root.crt'))) return;
  if (await new Users(db).exist()) return;
  log.error(
    'the database is new, but the certificate authority is not: if REVTR_DATABASE was changed, stop this process and copy the earlier database, which has the opt-outs and kill switches (docs/running.md, Move to PostgreSQL). If you want a new database, ignore this',
  );
}
