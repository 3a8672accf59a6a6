import { AuditBlocks } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type AuditJournal, NO_JOURNAL } from '../src/audit/audit-journal.ts';
import { AuditLog } from '../src/audit/audit-log.ts';
import type { AuditRecord } from '../src/audit/audit-record.ts';
import { recordOf } from './audit-records.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryJournal } from './memory-journal.ts';
import { useDatabase } from './test-database.ts';

const database = useDatabase();
const ALL = { from: 0, to: 1e13, limit: 1_000 };
const DAY_MS = 86_400_000;
const log = pino({ level: 'silent' });

function openLog({ journal = NO_JOURNAL, mostWaiting = 1e6 }: { journal?: AuditJournal; mostWaiting?: number } = {}) {
  const clock = new ManualClock();
  const blocks = new AuditBlocks(database().db);
  const audit = new AuditLog({ flushMs: 1_000, keepMs: 90 * DAY_MS, mostWaiting }, { blocks, journal, clock, log });
  return { audit, blocks, clock };
}

/** The database stores the next blocks, and its answer is lost. */
function loseNextAnswer(blocks: AuditBlocks): void {
  const add = blocks.add.bind(blocks);
  blocks.add = async (added) => {
    blocks.add = add;
    await add(added);
    throw new Error('the connection was lost');
  };
}

/** Another process merges blocks when some of them have been read. */
function mergeAfterNextRead(blocks: AuditBlocks, other: AuditLog): void {
  const read = blocks.read.bind(blocks);
  blocks.read = async (ids) => {
    blocks.read = read;
    const page = await read(ids);
    await other.merge();
    return page;
  };
}

const countBlocks = async (): Promise<{ blocks: number; merged: number }> => {
  const rows = await database().db.selectFrom('audit_blocks').select('level').execute();
  return { blocks: rows.length, merged: rows.filter(({ level }) => level === 1).length };
};

describe('the audit log', () => {
  it('finds records before and after they are in the database, newest first', async () => {
    const { audit } = openLog();
    const records = Array.from({ length: 2_500 }, (_, i) => recordOf({ at: 1_000 + i, target: (i * 7_919) % 10_007 }));
    await Promise.all(records.map((record) => audit.add(record)));
    const newest = [...records].reverse();
    expect((await audit.find(ALL)).records).toEqual(newest.slice(0, 1_000));
    await audit.flush();
    expect((await audit.find(ALL)).records).toEqual(newest.slice(0, 1_000));
    await audit.add(recordOf({ at: 9_000 }));
    const { records: found } = await audit.find({ ...ALL, limit: 2 });
    expect(found).toEqual([recordOf({ at: 9_000 }), newest[0]]);
  });

  it('finds each record once while records move to the database', async () => {
    const { audit, blocks } = openLog();
    for (let i = 0; i < 100; i++) await audit.add(recordOf({ at: 1_000 + i }));
    const committed = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const add = blocks.add.bind(blocks);
    blocks.add = async (added) => {
      await add(added);
      committed.resolve();
      await answered.promise;
    };
    const flush = audit.flush();
    await committed.promise;
    const found = audit.find(ALL);
    answered.resolve();
    const during = await found;
    await flush;
    expect(during.records.map(({ at }) => at).reverse()).toEqual(Array.from({ length: 100 }, (_, i) => 1_000 + i));
  });

  it('lets 16 searches wait while records move to the database, and refuses more', async () => {
    const { audit, blocks } = openLog();
    await audit.add(recordOf({ at: 1_000 }));
    const moved = Promise.withResolvers<void>();
    const add = blocks.add.bind(blocks);
    blocks.add = async (added) => {
      await moved.promise;
      await add(added);
    };
    const flush = audit.flush();
    const searches = Array.from({ length: 16 }, () => audit.find(ALL));
    const refused = audit.find(ALL).catch((error: unknown) => error);
    moved.resolve();
    expect(await refused).toMatchObject({ code: 'tooManyRequests', status: 429, retryAfterSeconds: 10 });
    expect((await Promise.all(searches)).map(({ records }) => records.length)).toEqual(Array(16).fill(1));
    await flush;
    expect((await audit.find(ALL)).records).toHaveLength(1);
  });

  it('stores each record once when the answer of the database was lost', async () => {
    const { audit, blocks } = openLog();
    loseNextAnswer(blocks);
    await audit.add(recordOf({ at: 1_000 }));
    await expect(audit.flush()).rejects.toThrow('the connection was lost');
    await audit.add(recordOf({ at: 1_001 }));
    await audit.flush();
    await audit.flush();
    expect((await audit.find(ALL)).records.map(({ at }) => at)).toEqual([1_001, 1_000]);
  });

  it('stores each record once when the answer of the database was lost and another process merges blocks', async () => {
    const [{ audit, blocks }, { audit: other }] = [openLog(), openLog()];
    for (let i = 0; i < 300; i++) {
      await audit.add(recordOf({ at: 1_000 }));
      await audit.add(recordOf({ at: 2_000 + i }));
      await audit.flush();
    }
    loseNextAnswer(blocks);
    await audit.add(recordOf({ at: 1_500 }));
    await expect(audit.flush()).rejects.toThrow('the connection was lost');
    mergeAfterNextRead(blocks, other);
    await audit.flush();
    const { records } = await audit.find(ALL);
    expect(records).toHaveLength(601);
  });

  it('finds each record once while another process merges blocks', async () => {
    const [{ audit, blocks }, { audit: other }] = [openLog(), openLog()];
    for (let i = 0; i < 300; i++) {
      await audit.add(recordOf({ at: 1_000 + i }));
      await audit.flush();
    }
    mergeAfterNextRead(blocks, other);
    const { records } = await audit.find(ALL);
    expect((await countBlocks()).blocks).toBe(1);
    expect(records.map(({ at }) => at).reverse()).toEqual(Array.from({ length: 300 }, (_, i) => 1_000 + i));
  });

  it('finds by every part of a query what a scan of all records finds', async () => {
    const { audit } = openLog();
    const records = Array.from({ length: 6_000 }, (_, i) =>
      recordOf({
        at: 1_000 + i,
        target: (i * 37) % 500,
        causeId: 1 + (i % 40),
        batchId: 1 + (i % 9),
        userId: i % 4,
        cause: i % 5 === 0 ? 'atlasRun' : 'measurement',
      }),
    );
    for (const [i, record] of records.entries()) {
      await audit.add(record);
      if (i % 900 === 0) await audit.flush();
    }
    const scan = (condition: (record: AuditRecord) => boolean) => records.filter(condition).reverse();
    const find = async (query: object) => (await audit.find({ ...ALL, ...query })).records;
    expect(await find({ targets: { first: 100, last: 110 } })).toEqual(
      scan(({ target }) => target >= 100 && target <= 110),
    );
    expect(await find({ from: 2_000, to: 2_500 })).toEqual(scan(({ at }) => at >= 2_000 && at <= 2_500));
    expect(await find({ measurement: 13 })).toEqual(
      scan(({ cause, causeId }) => cause === 'measurement' && causeId === 13),
    );
    expect(await find({ batch: 4, matches: ({ userId }: AuditRecord) => userId === 2 })).toEqual(
      scan(({ batchId, userId }) => batchId === 4 && userId === 2),
    );
  });

  it('says how far back an answer goes, and continues there', async () => {
    const { audit } = openLog();
    for (let i = 0; i < 50; i++) await audit.add(recordOf({ at: 1_000 + i }));
    await audit.flush();
    const first = await audit.find({ ...ALL, limit: 20 });
    expect(first.since).toBe(1_030);
    const rest = await audit.find({ ...ALL, to: first.since - 1 });
    expect(rest.records).toHaveLength(30);
    expect(rest.since).toBe(0);
  });

  it('merges small blocks into blocks sorted by target and loses no record', async () => {
    const { audit, blocks } = openLog();
    for (let i = 0; i < 300; i++) {
      for (let j = 0; j < 5; j++) await audit.add(recordOf({ at: 1_000 + i, target: (i * 5 + j) * 3 }));
      await audit.flush();
    }
    expect((await countBlocks()).blocks).toBe(300);
    await audit.merge();
    expect((await countBlocks()).blocks).toBe(2);
    const { records } = await audit.find({ ...ALL, limit: 2_000 });
    expect(records).toHaveLength(1_500);
    const one = { first: 900, last: 900 };
    expect(await blocks.list({ from: new Date(0), to: new Date(1e13), targets: one }, 10)).toHaveLength(1);
    expect((await audit.find({ ...ALL, targets: one })).records).toEqual([recordOf({ at: 1_060, target: 900 })]);
  });

  it('merges many records once and for all', async () => {
    const { audit } = openLog();
    const count = 200_000;
    const record = (_: unknown, i: number) => recordOf({ at: 1_000 + i, target: (i * 7_919) % 100_003 });
    await Promise.all(Array.from({ length: count }, record).map((made) => audit.add(made)));
    await audit.flush();
    await audit.merge();
    const merged = await countBlocks();
    expect(merged).toEqual({ blocks: Math.ceil(count / 1_024), merged: Math.ceil(count / 1_024) });
    await audit.merge();
    expect(await countBlocks()).toEqual(merged);
  });

  it('answers without the records of a damaged block, and keeps the block', async () => {
    const { audit } = openLog();
    for (let i = 0; i < 300; i++) {
      await audit.add(recordOf({ at: 1_000 + i }));
      await audit.flush();
    }
    await database()
      .db.updateTable('audit_blocks')
      .set({ data: Uint8Array.from([0, 255]) })
      .where('from_at', '<', new Date(1_010))
      .execute();
    expect((await audit.find(ALL)).records).toHaveLength(290);
    await audit.merge();
    expect((await audit.find(ALL)).records).toHaveLength(290);
    expect(await countBlocks()).toEqual({ blocks: 11, merged: 10 });
  });

  it('tells when records cannot be kept, before it rejects, and when there is room again', async () => {
    const journal = new MemoryJournal();
    const { audit, clock } = openLog({ journal });
    const told: boolean[] = [];
    audit.onChange((canRecord) => void told.push(canRecord));
    audit.start();
    await audit.add(recordOf({ at: 1 }));
    expect([audit.canRecord, told]).toEqual([true, []]);
    journal.isFull = true;
    await expect(audit.add(recordOf({ at: 2 }))).rejects.toThrow('ENOSPC');
    await expect(audit.add(recordOf({ at: 3 }))).rejects.toThrow('at this moment');
    expect([audit.canRecord, told]).toEqual([false, [false]]);
    await clock.advance(3_000);
    expect(audit.canRecord).toBe(false);
    journal.isFull = false;
    await clock.advance(1_000);
    expect([audit.canRecord, told]).toEqual([true, [false, true]]);
    await audit.stop();
  });

  it('writes the records of one turn of the event loop together, all or none', async () => {
    const journal = new MemoryJournal();
    const { audit } = openLog({ journal });
    const writes: number[] = [];
    const add = journal.add.bind(journal);
    journal.add = (records) => {
      writes.push(records.length);
      add(records);
    };
    const addTogether = (ats: readonly number[]) => Promise.allSettled(ats.map((at) => audit.add(recordOf({ at }))));
    await addTogether([1, 2, 3]);
    await addTogether([4, 5]);
    journal.isFull = true;
    const refused = await addTogether([6, 7]);
    expect(writes).toEqual([3, 2, 2]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await audit.find(ALL)).records.map(({ at }) => at)).toEqual([5, 4, 3, 2, 1]);
  });

  it('tries again later each time that there was room only for a moment, and records nothing before', async () => {
    const journal = new MemoryJournal();
    const { audit, clock } = openLog({ journal });
    audit.start();
    const fail = async (): Promise<void> => {
      journal.isFull = true;
      await expect(audit.add(recordOf({ at: 1 }))).rejects.toThrow('ENOSPC');
      journal.isFull = false;
      await expect(audit.add(recordOf({ at: 1 }))).rejects.toThrow('at this moment');
    };
    const until = async (): Promise<number> => {
      const begin = clock.now();
      while (!audit.canRecord) await clock.advance(1_000);
      return Math.round((clock.now() - begin) / 1_000);
    };
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      await fail();
      waits.push(await until());
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    await clock.advance(61_000);
    await fail();
    expect(await until()).toBe(1);
    expect(journal.current).toEqual([]);
    await audit.stop();
  });

  it('deletes what is older than the retention', async () => {
    const { audit, clock } = openLog();
    const now = clock.now();
    for (const days of [100, 91, 89, 1]) {
      await audit.add(recordOf({ at: now - days * DAY_MS }));
      await audit.flush();
    }
    await audit.forget();
    expect((await audit.find(ALL)).records.map(({ at }) => (now - at) / DAY_MS)).toEqual([1, 89]);
  });

  it('stores what an earlier run left in the journal, once', async () => {
    const journal = new MemoryJournal();
    const first = openLog({ journal });
    await first.audit.open();
    for (let i = 0; i < 10; i++) await first.audit.add(recordOf({ at: 1_000 + i }));
    // The run dies after it has stored the records and before it drops them from the journal.
    journal.dropRotated = () => Promise.resolve();
    await first.audit.flush();
    for (const at of [1_100, 1_100, 1_200]) await first.audit.add(recordOf({ at }));
    delete (journal as Partial<MemoryJournal>).dropRotated;

    const second = openLog({ journal });
    await second.audit.open();
    const ats = (await second.audit.find(ALL)).records.map(({ at }) => at).reverse();
    expect(ats).toEqual([...Array.from({ length: 10 }, (_, i) => 1_000 + i), 1_100, 1_100, 1_200]);
    expect(journal.rotated).toEqual([]);
  });

  it('keeps records in the journal while the database fails', async () => {
    const journal = new MemoryJournal();
    const { audit, blocks, clock } = openLog({ journal, mostWaiting: 3 });
    const { add } = blocks;
    blocks.add = () => Promise.reject(new Error('no database'));
    await audit.add(recordOf({ at: 1 }));
    await expect(audit.flush()).rejects.toThrow('no database');
    await audit.add(recordOf({ at: 2 }));
    await audit.add(recordOf({ at: 3 }));
    await expect(audit.add(recordOf({ at: 4 }))).rejects.toThrow('too long');
    expect([...journal.rotated, ...journal.current]).toHaveLength(3);
    blocks.add = add;
    await audit.flush();
    await audit.flush();
    audit.start();
    await clock.advance(1_000);
    expect([...journal.rotated, ...journal.current]).toEqual([]);
    expect((await audit.find(ALL)).records).toHaveLength(3);
    await audit.add(recordOf({ at: 5 }));
  });
});
