import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DatasetError, type MysqlDumpEnd, type MysqlRow, readMysqlDump } from '../src/index.ts';

/** What mysqldump wrote: `fixtures/mysql/record.sh`. */
const dump = (name: string): Buffer => readFileSync(new URL(`fixtures/mysql/${name}`, import.meta.url));

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function read(
  bytes: Uint8Array,
  wants: (table: string, columns: readonly string[]) => boolean,
  size = 65_536,
): Promise<{ readonly rows: readonly MysqlRow[]; readonly end: MysqlDumpEnd }> {
  const rows: MysqlRow[] = [];
  for await (const part of readMysqlDump(chunks(bytes, size), { wants })) {
    if ('row' in part) rows.push({ ...part.row });
    else return { rows, end: part };
  }
  throw new Error('the dump has no end');
}

const users = (table: string, columns: readonly string[]): boolean =>
  table === 'users' && columns.includes('max_revtr_per_day');

describe('readMysqlDump', () => {
  it('reads escapes, NULL, Unicode and rows of several databases as they were inserted', async () => {
    const { rows, end } = await read(dump('all.sql'), users);
    expect(rows).toHaveLength(6);
    expect(rows[1]).toEqual({
      ...{ id: '2', name: 'Quote \'s; (and) \\ "more",\n-- not a comment /* nor this */', email: 'Quote@Example.org' },
      ...{ max: '0', delay: '0', key: 'f0e1d2c3b4a5968778695a4b3c2d1e0f' },
      ...{ max_revtr_per_day: null, revtr_run_today: null, max_parallel_revtr: null },
    });
    expect(rows[2].name).toBe('Zoë Ünïcode 漢字');
    expect(end.isComplete).toBe(true);
    // The trigger and the procedure of the dump insert rows too, and a view has none.
    expect(Object.fromEntries(end.counts)).toEqual({
      ...{ 'odd `name': 2, reverse_traceroutes: 2, users: 8, vantage_point: 5, vantage_points: 4, quarantined_vps: 1 },
      ...{ atlas_traceroutes: 11, atlas_traceroute_hops: 36, ip_aliases: 2 },
    });
  });

  it('reads binary values, decimals and odd names', async () => {
    const { rows } = await read(dump('all.sql'), (table) => table === 'odd `name');
    expect(rows[0]).toMatchObject({ 'a,b': 'x', amount: '-12.50', rate: '1e-30' });
    expect(rows[0].content?.startsWith('\0\x01\n\r\x1a"\'\\')).toBe(true);
    expect(rows[1]).toEqual({ content: null, 'a,b': '', amount: '0.00', rate: '-0.5', bits: null });
  });

  it('reads the same from other forms of a dump, compressed or not, however it arrives', async () => {
    const { rows } = await read(dump('all.sql'), users);
    expect((await read(dump('revtr-ansi.sql'), users)).rows).toEqual(rows);
    expect((await read(gzipSync(dump('all.sql')), users)).rows).toEqual(rows);
    for (const size of [1, 7]) expect((await read(dump('all.sql'), () => true, size)).end.isComplete).toBe(true);
    expect((await read(dump('all.sql'), users, 1)).rows).toEqual(rows);
  });

  it('refuses a dump that ends within a statement, and says whether others are complete', async () => {
    const whole = dump('all.sql');
    const cut = whole.indexOf("'Zoë");
    await expect(read(whole.subarray(0, cut), users)).rejects.toMatchObject({ code: 'truncated' });
    const between = whole.indexOf('UNLOCK TABLES;', cut);
    expect((await read(whole.subarray(0, between), users)).end.isComplete).toBe(false);
  });

  it('refuses rows that do not fit their table, nested values, and values without an end', async () => {
    const table = 'create table users (id int, max_revtr_per_day int);';
    for (const rows of ['(1)', '(1,2,3)', '((1),2)', '(1,2) 3', "(1,'x';"])
      await expect(read(Buffer.from(`${table} insert into users values ${rows};`), users)).rejects.toThrow(
        DatasetError,
      );
    const endless = Buffer.concat([Buffer.from(`${table} insert into users values ('`), Buffer.alloc(2 ** 21, 'x')]);
    await expect(read(endless, users)).rejects.toMatchObject({ code: 'tooLarge' });
  });
});
