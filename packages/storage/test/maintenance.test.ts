import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../src/index.ts';

describe('maintenance of the embedded database', () => {
  let database: Database;
  let wake: () => void = () => undefined;
  let waits = 0;
  beforeAll(async () => {
    const sleep = (_: number, signal: AbortSignal): Promise<unknown> =>
      new Promise((resolve, reject) => {
        waits++;
        wake = () => resolve(undefined);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    database = await openDatabase({ kind: 'memory' }, { sleep });
  });
  afterAll(() => database.close());

  const passed = async (): Promise<void> => {
    // Otherwise PostgreSQL counts dead rows up to a second later.
    await sql`select pg_stat_force_next_flush()`.execute(database.db);
    const before = waits;
    wake();
    await expect.poll(() => waits, { timeout: 30_000 }).toBe(before + 1);
  };
  const sizeOf = async (table: string): Promise<number> => {
    const { rows } = await sql<{ size: number }>`select pg_total_relation_size(${table}) as size`.execute(database.db);
    return rows[0].size;
  };

  it('keeps any table that changes all the time, and the catalogs, from growing', async () => {
    const { db } = database;
    const churn = async (): Promise<void> => {
      await sql`insert into opt_outs (network, kind, reason) select '10.' || i || '.0.0/16', 'ipv4', 'churn' from generate_series(0, 255) as i`.execute(
        db,
      );
      await sql`delete from opt_outs`.execute(db);
      await createAndDropTables(db);
    };
    const sizes: number[] = [];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 3; i++) await churn();
      await passed();
      sizes.push((await sizeOf('opt_outs')) + (await sizeOf('pg_attribute')));
    }
    // Without vacuum, the size doubles.
    expect(sizes[3] / sizes[1]).toBeLessThan(1.5);
  });

  it('makes a checkpoint from time to time', async () => {
    const lastCheckpoint = async (): Promise<unknown> =>
      (await sql`select checkpoint_lsn::text from pg_control_checkpoint()`.execute(database.db)).rows;
    const before = await lastCheckpoint();
    await sql`insert into opt_outs (network, kind, reason) values ('192.0.2.0/24', 'ipv4', 'r')`.execute(database.db);
    for (let turn = 0; turn < 5; turn++) await passed();
    expect(await lastCheckpoint()).not.toEqual(before);
  });

  it('leaves tables alone that hardly change', async () => {
    await passed();
    const { rows } = await sql<{ last: Date | null }>`
      select last_vacuum as last from pg_stat_user_tables where relname = 'abuse_contacts'`.execute(database.db);
    expect(rows).toEqual([{ last: null }]);
  });
});

async function createAndDropTables<Tables>(db: Kysely<Tables>): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await sql`create table passing (like results)`.execute(db);
    await sql`drop table passing`.execute(db);
  }
}
