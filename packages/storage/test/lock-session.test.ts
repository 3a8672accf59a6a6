import { PGlite } from '@electric-sql/pglite';
import { expect, it } from 'vitest';
import { beginning, hasTaken } from '../src/access/lock-session.ts';

const kind = { isShared: false, holder: 1 };

/** A server whose lock is free at the last attempt, and whose looks show these sessions. */
function serverWith(looks: readonly (readonly { readonly pid: number; readonly isOwn: boolean }[])[]) {
  const statements: string[] = [];
  let attempts = 0;
  const query = async (statement: string) => {
    statements.push(statement);
    if (statement.includes('pg_try')) return [{ taken: attempts++ === looks.length }];
    return statement.includes('pg_locks') ? looks[attempts - 1] : [];
  };
  return { query, statements };
}

it('believes another holder that is there twice', async () => {
  const look = [{ pid: 5, isOwn: false }];
  expect(await hasTaken(serverWith([look, look]).query, kind)).toBe(false);
});

it('believes no other holder that is there once, such as a session of its own that ends', async () => {
  const looks = [[{ pid: 5, isOwn: true }], [{ pid: 5, isOwn: false }], [{ pid: 6, isOwn: false }]];
  const { query, statements } = serverWith(looks);
  expect(await hasTaken(query, kind)).toBe(true);
  expect(statements.filter((statement) => statement.includes('terminate'))).toHaveLength(1);
});

it('does not take a session of its own that does not end for another process', async () => {
  const look = [{ pid: 5, isOwn: true }];
  await expect(hasTaken(serverWith(Array.from({ length: 9 }, () => look)).query, kind)).rejects.toMatchObject({
    code: 'databaseInUse',
  });
});

it('limits how long a suspended process keeps the transaction, and not how long the transaction lasts', async () => {
  const database = await PGlite.create();
  const setting = async (name: string): Promise<unknown> => {
    const { rows } = await database.query<Record<string, unknown>>(`show ${name}`);
    return rows[0]?.[name];
  };
  const version = Number(await setting('server_version_num'));
  expect(version).toBeGreaterThanOrEqual(170_000);
  await database.exec("set transaction_timeout = '1h'; set default_transaction_read_only = on");
  for (const statement of beginning(version)) await database.query(statement);
  expect(await Promise.all(['transaction_timeout', 'idle_in_transaction_session_timeout'].map(setting))).toEqual([
    '0',
    '25s',
  ]);
  expect(await setting('transaction_read_only')).toBe('off');
  await database.close();
  // Earlier versions do not know the setting.
  expect(beginning(160_000).join()).not.toContain('transaction_timeout');
});
