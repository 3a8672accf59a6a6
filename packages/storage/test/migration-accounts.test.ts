import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { describe, expect, it } from 'vitest';
import { compiledPrograms } from '../src/embedded/compiled-programs.ts';
import { PgliteConnection } from '../src/embedded/pglite-connection.ts';
import { PglitePool } from '../src/embedded/pglite-pool.ts';
import { MIGRATIONS } from '../src/migrations/index.ts';

describe('the migration to accounts', () => {
  it('keeps keys working, knows those of operators, and removes keys in clear text from mails', async () => {
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({
        pool: new PglitePool(new PgliteConnection({ programs: await compiledPrograms() })),
      }),
    });
    const migrate = async (names: (name: string) => boolean): Promise<void> => {
      const some: Record<string, Migration> = Object.fromEntries(
        Object.entries(MIGRATIONS).filter(([name]) => names(name)),
      );
      const { error } = await new Migrator({ db, provider: { getMigrations: async () => some } }).migrateToLatest();
      expect(error).toBeUndefined();
    };
    try {
      await migrate((name) => name < '0010');
      await sql`insert into users (name, email, role, max_per_day, max_parallel, max_per_minute)
                values ('O', 'o@x', 'operator', 1, 1, 1), ('U', 'u@x', 'user', 1, 1, 1)`.execute(db);
      await sql`insert into api_keys (user_id, fingerprint, hash) select id, 'f', email from users`.execute(db);
      await sql`insert into mails (recipient, subject, body, secret)
                values ('a', 's', 'the key is revtr_abc.', 'revtr_abc'), ('b', 's', 'no key', null)`.execute(db);
      await sql`insert into applications (address, hosting, name, email, reason, state)
                values ('5.5.5.5', 'h', 'n', 'e', 'r', 'pending')`.execute(db);
      await migrate(() => true);
      const keys = await sql`select scopes, origin, expires_at from api_keys order by user_id`.execute(db);
      expect(keys.rows).toEqual([
        { scopes: 'read measure host operate', origin: 'setting', expires_at: null },
        { scopes: 'read measure host', origin: 'user', expires_at: null },
      ]);
      const mails = await sql`select * from mails order by id`.execute(db);
      expect(JSON.stringify(mails.rows)).not.toContain('revtr_abc');
      expect(mails.rows).toMatchObject([{ body: expect.stringContaining('[removed') }, { body: 'no key' }]);
      expect((await sql`select state from applications`.execute(db)).rows).toEqual([{ state: 'pending' }]);
    } finally {
      await db.destroy();
    }
  });
});
