import { type Kysely, sql } from 'kysely';
import { StorageError } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';

/**
 * Databases with another encoding change text, or refuse it when it is stored. PostgreSQL chooses `SQL_ASCII` when its cluster is created without a locale.
 * @throws {StorageError} `notUtf8`
 */
export async function requireUtf8(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ encoding: string }>`select current_setting('server_encoding') as encoding`.execute(db);
  const encoding = rows[0]?.encoding ?? '';
  if (encoding !== 'UTF8')
    throw new StorageError(
      'notUtf8',
      `the database has the encoding ${encoding}: create it with the encoding UTF8 (docs/troubleshooting.md)`,
      {
        encoding,
      },
    );
}
