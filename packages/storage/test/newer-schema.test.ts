import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase, parseDatabaseSettings } from '../src/index.ts';
import { MIGRATIONS, migrate } from '../src/migrations/index.ts';

let database: Database;
beforeAll(async () => {
  database = await openDatabase(parseDatabaseSettings('memory:'));
});
afterAll(() => database.close());

it('leaves a schema alone that a later version has migrated, and refuses one of another line', async () => {
  const { db } = database;
  const insert = (name: string) =>
    sql`insert into kysely_migration (name, timestamp) values (${name}, '2026-11-26')`.execute(db);
  await insert('9999-of-a-later-version');
  await migrate(db);
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  expect(rows).toHaveLength(Object.keys(MIGRATIONS).length + 1);
  await sql`delete from kysely_migration where name = ${Object.keys(MIGRATIONS).at(-1) ?? ''}`.execute(db);
  await expect(migrate(db)).rejects.toMatchObject({ code: 'migrationFailed' });
});
