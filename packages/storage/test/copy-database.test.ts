import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CopyProgress, copyDatabase, type Database, openDatabase, ResultPartitions, Users } from '../src/index.ts';
import { addSyntheticResults } from '../src/synthetic-results.ts';
import { startPostgres } from './postgres-server.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
/** Hard to write as text, and begins with a character that decoders take for a mark of the encoding. */
const ODD = '\ufeffa\\b\'c"d\n\t{e,f} NULL ü 🙂';

describe('copyDatabase', () => {
  let directory: string;
  let server: { readonly url: string; stop(): Promise<void> };
  let databases = 0;
  let from: Database;
  let to: Database;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-copy-'));
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    from = await openDatabase({ kind: 'memory' });
    const name = `copy_${++databases}`;
    const administration = new pg.Client(server.url);
    await administration.connect();
    await administration.query(`create database ${name}`);
    await administration.end();
    to = await openDatabase({ kind: 'postgres', url: urlOf(databases) });
  });
  const urlOf = (number: number): string => server.url.replace(/postgres$/, `copy_${number}`);
  afterEach(async () => {
    await from.close();
    await to.close();
  });

  const copy = (source: Database, target: Database, signal = new AbortController().signal, seen: CopyProgress[] = []) =>
    copyDatabase({ from: source, to: target }, { signal, onProgress: (progress) => void seen.push(progress) });

  it('copies every row of every table, from the embedded database to PostgreSQL and back', async () => {
    await fill(from);
    const seen: CopyProgress[] = [];
    const { rows, tables } = await copy(from, to, undefined, seen);
    const original = await everything(from);
    expect(rows).toBe([...original.values()].reduce((sum, all) => sum + all.length, 0));
    expect(tables).toBe(original.size);
    expect(rows).toBeGreaterThan(5_000);
    expect(await everything(to)).toEqual(original);
    expect(await sequences(to)).toEqual(await sequences(from));
    const last = seen.findLast(({ step }) => step === 'copying');
    expect(last).toMatchObject({ done: (last?.step === 'copying' && last.blocks) || NaN });
    const back = await openDatabase({ kind: 'embedded', directory: join(directory, 'back') });
    try {
      await copy(to, back);
      expect(await everything(back)).toEqual(original);
      expect(await constraints(back)).toEqual(await constraints(from));
    } finally {
      await back.close();
    }
  });

  it('leaves a database in which everything works', async () => {
    await fill(from);
    const before = await constraints(to);
    await copy(from, to);
    expect(await constraints(to)).toEqual(before);
    const user = await new Users(to.db).create(aUser('new@example.net'));
    expect(user?.id).toBeGreaterThan(2);
    const stranger = sql`insert into api_keys (user_id, fingerprint, hash) values (999, '00000000', ${'0'.repeat(64)})`;
    await expect(stranger.execute(to.db)).rejects.toMatchObject({ details: { sqlState: '23503' } });
    const number = await changes(to);
    await sql`delete from opt_outs`.execute(to.db);
    expect(await changes(to)).toBeGreaterThan(number);
    await new ResultPartitions(to.db).prepare(new Date('2026-03-01T00:00:00Z'));
    await addSyntheticResults(to.db, { users: [1, 2], count: 1_000, days: 1, from: new Date('2026-03-01T00:00:00Z') });
    const { rows } = await sql<{ n: number }>`select count(*) as n from results`.execute(to.db);
    expect(rows).toEqual([{ n: 6_000 }]);
  });

  it('refuses a database that was used, and changes nothing in it', async () => {
    await fill(from);
    await new Users(to.db).create(aUser('other@example.net'));
    const before = await everything(to);
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'databaseNotEmpty', details: { users: 1 } });
    expect(await everything(to)).toEqual(before);
  });

  it('refuses a database that no controller has used', async () => {
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'noDatabase' });
  });

  it('refuses a schema that differs', async () => {
    await fill(from);
    await sql`alter table users add column later text`.execute(from.db);
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'differentSchemas', details: { table: 'users' } });
  });

  it('finds a row that is not as it was read', async () => {
    await fill(from);
    await sql`create function spoil() returns trigger language plpgsql as $$
      begin new.email = upper(new.email); return new; end $$`.execute(to.db);
    await sql`create trigger spoil before insert on users for each row execute function spoil()`.execute(to.db);
    await sql`alter table users enable always trigger spoil`.execute(to.db);
    // A trigger that the copy does not know of: it disables all, and this one enables itself again.
    await sql`create function keep_spoiling() returns event_trigger language plpgsql as $$
      begin
        if exists (select 1 from pg_trigger where tgname = 'spoil' and tgenabled = 'D') then
          execute 'alter table users enable always trigger spoil';
        end if;
      end $$`.execute(to.db);
    await sql`create event trigger keep_spoiling on ddl_command_end when tag in ('ALTER TABLE') execute function keep_spoiling()`.execute(
      to.db,
    );
    await expect(copy(from, to)).rejects.toMatchObject({ code: 'copyDiffers', details: { table: 'users' } });
    expect(await sql`select * from users`.execute(to.db)).toMatchObject({ rows: [] });
  });

  it('can be interrupted, and begun again', async () => {
    await fill(from);
    const stop = new AbortController();
    const interrupted = copyDatabase(
      { from, to },
      { signal: stop.signal, onProgress: ({ table }) => void (table > 'o' && stop.abort()) },
    );
    await expect(interrupted).rejects.toThrow(/abort/i);
    expect(await sql`select * from users`.execute(to.db)).toMatchObject({ rows: [] });
    await copy(from, to);
    expect(await everything(to)).toEqual(await everything(from));
  });
});

const aUser = (email: string) =>
  ({ name: ODD, email, role: 'user', max_per_day: 100, max_parallel: 10, max_per_minute: 10 }) as const;

/** Two users with results in several partitions, and values that are hard to write as text. */
async function fill({ db }: Database): Promise<void> {
  const users = new Users(db);
  await users.create(aUser('one@example.net'));
  await users.create(aUser('two@example.net'));
  await addSyntheticResults(db, { users: [1, 2], count: 5_000, days: 5, from: FROM });
  await sql`update results set label = ${ODD}, record = '\\x00ff5c27'::bytea where id % 7 = 0`.execute(db);
  await sql`update results set options = 'null', networks = '{NULL,1}' where id % 11 = 0`.execute(db);
  await sql`update results set options = ${JSON.stringify({ odd: ODD, number: 0.1 })}, ended_at = 'infinity' where id % 13 = 0`.execute(
    db,
  );
  await sql`update results set created_at = created_at + interval '1 microsecond' where id % 17 = 0`.execute(db);
  await sql`insert into opt_outs (network, kind, reason, origin) values ('192.0.2.0/24', 'ipv4', ${ODD}, 'operator')`.execute(
    db,
  );
}

/** The rows of each table as JSON, sorted. */
async function everything({ db }: Database): Promise<Map<string, string[]>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' and table_name <> 'results'`.execute(
    db,
  );
  const all = new Map<string, string[]>();
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} as t order by to_jsonb(t)::text collate "C"`.execute(db);
    all.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return new Map([...all].sort());
}

async function sequences({ db }: Database): Promise<unknown[]> {
  const { rows } = await sql`select sequencename, last_value::text from pg_sequences order by sequencename`.execute(db);
  return rows;
}

async function constraints({ db }: Database): Promise<unknown[]> {
  const { rows } = await sql`
    select conrelid::regclass::text as t, conname, pg_get_constraintdef(oid) as d from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('f', 'p', 'u') and conparentid = 0
    order by 1, 2`.execute(db);
  return rows;
}

async function changes({ db }: Database): Promise<number> {
  const { rows } = await sql<{ number: number }>`select number from opt_out_changes`.execute(db);
  return rows[0]?.number ?? 0;
}
