import { StorageError } from '../errors.ts';

/** Where the data is kept. */
export type DatabaseSettings =
  /** A PostgreSQL server (version 15 or later). `connections`: size of the connection pool, default 10. */
  | { readonly kind: 'postgres'; readonly url: string; readonly connections?: number }
  /** The embedded database (PGlite) in a directory. */
  | { readonly kind: 'embedded'; readonly directory: string }
  /** The embedded database in memory: the data is lost when the process ends. */
  | { readonly kind: 'memory' };

/**
 * Parses the text of the database setting: `postgres://…` or `postgresql://…` names a server, `memory:` selects the embedded
 * database in memory, and any other text is the directory of the embedded database. A mistyped URL must not become a directory.
 * @throws {StorageError} `badSettings` when the text is empty, or begins with another scheme
 */
export function parseDatabaseSettings(text: string): DatabaseSettings {
  if (text === '') throw new StorageError('badSettings', 'the database setting is empty', { reason: 'empty' });
  if (/^postgres(ql)?:\/\//.test(text)) return { kind: 'postgres', url: text };
  if (text !== 'memory:' && /^[a-z][a-z0-9+.-]*:/i.test(text))
    throw new StorageError(
      'badSettings',
      'the database setting is neither postgres://… nor memory: nor a directory (write ./ before a directory with a colon)',
      { reason: 'scheme' },
    );
  return text === 'memory:' ? { kind: 'memory' } : { kind: 'embedded', directory: text };
}
