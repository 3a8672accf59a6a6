import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parsePrefix } from '@revtr/net';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Batches,
  type ColdFiles,
  ColdPartitions,
  ColdStore,
  type DatabaseSettings,
  Jobs,
  openDatabase,
  StorageError,
  type User,
} from '../src/index.ts';
import { directoryPlace, s3Place, type TestPlace } from './cold-places.ts';
import { ColdWorld, dayAt } from './cold-world.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';
import { S3Server } from './s3-server.ts';

const signal = new AbortController().signal;
/** It begins with the character that decoders take for a mark of the encoding. */
const MINE = '\ufeffmine';
const STEPS = ['written', 'taken', 'recorded'];

interface Databases {
  /** A new database. */
  settings(): Promise<DatabaseSettings>;
  /** A new place of cold results. */
  place(): TestPlace;
  stop(): Promise<void>;
}

/** What is checked with each kind of database, or only with a server. */
function coldResults(
  name: string,
  start: () => Promise<Databases>,
  { isServer, isDirectory }: { readonly isServer: boolean; readonly isDirectory: boolean },
): void {
  describe(name, () => {
    let server: Databases;
    let world: ColdWorld;
    let users: readonly [User, User];
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      world = await ColdWorld.open(await server.settings(), server.place());
      users = [await world.user('a@revtr.example'), await world.user('b@revtr.example')];
    });
    afterEach(() => world.close());

    it('keeps all that users read when partitions move', async () => {
      const [first, second] = users;
      const ids = [await world.measure(first, 0, MINE), await world.measure(second, 0, MINE)];
      ids.push(await world.measure(first, 1, MINE), await world.measure(first, 2));
      const [published] = await world.batches.measurementsOf(ids[0], { limit: 1 });
      await world.publications.publish(published, 'token', dayAt(0));
      expect(await world.batches.noteForwardTraceroute(first.id, published.id + 1, 77)).toBe(true);
      const filters = [
        { userId: first.id },
        { userId: first.id, label: MINE },
        { userId: second.id, label: MINE, stopReason: 'failed' },
        { userId: first.id, source: '1.0.0.2', createdFrom: dayAt(1) },
        { userId: first.id, destination: '200.0.1.7' },
        { userId: first.id, prefix: parsePrefix('200.0.0.0/27'), createdBefore: dayAt(0.5) },
        { userId: first.id, asn: 4_200_000_013 },
        { userId: first.id, batchId: ids[2], asn: 4_200_000_000 },
        { userId: first.id, label: 'not mine' },
      ];
      const readAll = async () => ({
        pages: [
          await world.batches.measurementsOf(ids[0], { limit: 7, after: published.id + 3 }),
          await world.publications.recentOf(first.id, 100),
          await world.batches.outlinesOf(ids[1], { limit: 300, after: 0, routers: true }),
        ],
        batches: await Promise.all(ids.map((id) => world.batches.measurementsOf(id))),
        ended: await Promise.all(ids.map(async (id) => (await world.batches.endedIn(id)).toSorted())),
        found: await Promise.all(filters.map((filter) => world.find(filter, 'oldest'))),
        newest: await Promise.all(filters.map((filter) => world.find(filter, 'newest'))),
        everything: await Promise.all(users.map((user) => world.everythingOf(user))),
        archive: await world.archive.measurements([published.id, published.id + 5, published.id + 600, 999_999_999]),
        published: await world.publications.measurementBy('token'),
      });
      const before = await readAll();
      expect(before.everything[0].length).toBeGreaterThan(900);
      expect(before.found.map((found) => found.length > 0)).toEqual(filters.map((_, i) => i < filters.length - 1));
      expect(await world.move(5)).toBe(3);
      expect((await sql<{ n: number }>`select count(*) as n from results`.execute(world.database.db)).rows[0].n).toBe(
        0,
      );
      expect(await readAll()).toEqual(before);
      expect(await world.paths()).toHaveLength(4);
      expect(await world.cold.totals()).toMatchObject({ partitions: 3, files: 4, results: 1_200 });
      expect(await world.move(6)).toBe(0);

      // What users change afterwards.
      expect(await world.batches.noteForwardTraceroute(first.id, published.id + 2, 78)).toBe(true);
      expect(await world.batches.noteForwardTraceroute(second.id, published.id + 3, 79)).toBe(false);
      const [, noted, later] = await world.batches.measurementsOf(ids[0], { limit: 3 });
      expect([noted, later].map((row) => row.forward_traceroute_id)).toEqual([77, 78]);
      const other = await world.batches.findMeasurement(published.id + 2);
      if (other !== undefined) await world.publications.publish(other, 'second', dayAt(6));
      expect((await world.everythingOf(first)).filter((record) => isOf(record, 'publication'))).toHaveLength(2);
    });

    if (!isServer) return;
    it('hides the results of deleted accounts at once, and later takes them out of the files', async () => {
      const [first, second] = users;
      const batch = await world.measure(first, 0, 'secret');
      const kept = await world.measure(second, 0);
      const [row] = await world.batches.measurementsOf(batch, { limit: 1 });
      await world.move(3);
      await world.publications.publish(row, 'token', dayAt(3));
      const before = await world.batches.measurementsOf(kept);
      await world.accounts.delete(first, dayAt(3));
      expect(await world.batches.measurementsOf(batch)).toEqual([]);
      expect(await world.batches.findMeasurement(row.id)).toBeUndefined();
      expect(await world.publications.measurementBy('token')).toBeUndefined();
      const has = async (text: string): Promise<boolean> =>
        (await world.paths()).some((path) => world.place.content(path).includes(text));
      expect(await has('secret')).toBe(true);
      expect(await world.cold.erase(dayAt(3), signal)).toBe(0);
      expect(await world.cold.erase(dayAt(5), signal)).toBe(300);
      expect(await world.cold.erase(dayAt(7), signal)).toBe(0);
      // Those who began to read before still find the old files.
      expect(await has('secret')).toBe(true);
      expect(await world.cold.deleteRemoved(dayAt(7), signal)).toHaveLength(1);
      expect(await has('secret')).toBe(false);
      expect(await world.batches.measurementsOf(kept)).toEqual(before);
      expect(await world.cold.totals()).toMatchObject({ results: 300 });
    });

    it('deletes files after the retention of their results', async () => {
      const batch = await world.measure(users[0], 0);
      await world.measure(users[0], 1);
      await world.move(4);
      expect(await world.partitions.dropBefore(new Date(dayAt(1).getTime() + 1), dayAt(4))).toHaveLength(1);
      expect(await world.batches.measurementsOf(batch)).toEqual([]);
      expect(await world.batches.find(batch)).toBeUndefined();
      expect([await world.cold.deleteRemoved(dayAt(4), signal), (await world.paths()).length]).toEqual([[], 2]);
      expect(await world.cold.deleteRemoved(dayAt(6), signal)).toHaveLength(1);
      expect(await world.paths()).toHaveLength(1);
      expect(await world.partitions.dropBefore(dayAt(9), dayAt(10))).toHaveLength(1);
      await world.cold.deleteRemoved(dayAt(12), signal);
      expect(await world.paths()).toEqual([]);
    });

    it('leaves a partition alone while something in it is open, and moves it when its results have changed meanwhile', async () => {
      const [user] = users;
      const batch = await world.measure(user, 0);
      const pair = { source: '1.0.0.1', destination: '1.0.1.1', label: '', options: {} };
      await world.batches.accept(user, [pair], dayAt(0));
      const jobs = new Jobs(world.database.db);
      const [open] = await jobs.lease('b', 1, dayAt(0), dayAt(9));
      await world.measure(users[1], 2);
      expect(await world.move(4)).toBe(1);
      await jobs.finish('b', [{ id: open.id, result: { stopReason: 'failed' } }], dayAt(4));
      const [{ id }] = await world.batches.measurementsOf(batch, { limit: 1 });
      const [partition] = await world.cold.due(dayAt(4), dayAt(4));
      const written: Promise<unknown>[] = [];
      world.onStep = (step) => {
        if (step === 'written') written.push(world.batches.noteForwardTraceroute(user.id, id, 5));
      };
      const moved = await world.cold.move(partition, dayAt(4), signal);
      await Promise.all(written);
      world.onStep = () => undefined;
      if (moved === undefined) expect(await world.move(4)).toBe(1);
      expect((await world.batches.findMeasurement(id))?.forward_traceroute_id).toBe(5);
      expect(await world.batches.measurementsOf(batch)).toHaveLength(300);
      expect((await world.paths()).toSorted()).toEqual(await recordedIn(world));
    });

    it('moves a partition that ended while the clock was ahead', async () => {
      const [user] = users;
      await world.measure(user, 0);
      const { db } = world.database;
      await world.measure(user, 1);
      await world.measure(user, 2);
      await sql`update result_partitions set closed_at = ${dayAt(5_000)} where closed_at < ${dayAt(1.5)}`.execute(db);
      await world.partitions.prepare(dayAt(3));
      expect(await world.cold.due(dayAt(1), dayAt(3))).toEqual([]);
      expect(await world.cold.due(dayAt(2.5), dayAt(3))).toHaveLength(2);
    });

    it('reports a damaged or missing file, and reads all others', async () => {
      const [first, second] = users;
      const batches = [await world.measure(first, 0), await world.measure(second, 0), await world.measure(first, 1)];
      await world.move(4);
      const [path] = (await world.paths()).toSorted();
      const content = world.place.content(path);
      const reasonsOf = async (bytes: Buffer | undefined): Promise<string[]> => {
        world.place.change(path, bytes);
        const reader = new Batches(world.database.db, world.newStore());
        return Promise.all(
          batches.map((batch) =>
            reader.measurementsOf(batch).then(
              (rows) => `${rows.length}`,
              (error) =>
                error instanceof StorageError && error.is('coldUnreadable') ? error.details.reason : `${error}`,
            ),
          ),
        );
      };
      const flipped = (at: number): Buffer => {
        const bytes = Buffer.from(content);
        bytes[at] ^= 0x10;
        return bytes;
      };
      expect(await reasonsOf(content)).toEqual(['300', '300', '300']);
      for (const at of [4, 5_000, content.length - 1, content.length - 9, content.length - 2_000])
        expect(await reasonsOf(flipped(at))).toEqual(['damaged', 'damaged', '300']);
      expect(await reasonsOf(content.subarray(0, content.length - 1))).toEqual(['damaged', 'damaged', '300']);
      expect(await reasonsOf(Buffer.alloc(0))).toEqual(['damaged', 'damaged', '300']);
      expect(await reasonsOf(undefined)).toEqual(['missing', 'missing', '300']);
      expect(world.faults.length).toBeGreaterThan(10);
      const without = new Batches(world.database.db);
      await expect(without.measurementsOf(batches[0])).rejects.toMatchObject({ details: { reason: 'noPlace' } });
    });

    it.each(isDirectory ? [...STEPS, 'tooLarge'] : STEPS)(
      'loses and doubles nothing when the process that moves is killed, or cannot write: %s',
      async (step) => {
        const [user] = users;
        const ids = [await world.measure(user, 0), await world.measure(user, 0), await world.measure(user, 1)];
        await world.partitions.prepare(dayAt(3));
        const readAll = () => Promise.all(ids.map((id) => world.batches.measurementsOf(id)));
        const before = await readAll();
        const { status, killedBy, stderr } = await moveElsewhere(world, step);
        if (step === 'tooLarge') expect([status, stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
        else expect([killedBy, stderr]).toEqual(['SIGKILL', '']);
        expect(await readAll()).toEqual(before);
        // Files that are too new may be those of another process.
        const left = await world.paths();
        await world.cold.prepare(new Date(), signal);
        expect(await world.paths()).toEqual(left);
        expect(await readAll()).toEqual(before);
        await world.cold.prepare(new Date(Date.now() + 7_200_000), signal);
        expect((await world.paths()).toSorted()).toEqual(await recordedIn(world));
        expect(await world.move(4)).toBe(step === 'recorded' ? 1 : 2);
        expect(await readAll()).toEqual(before);
        expect(await world.cold.totals()).toMatchObject({ results: 900, files: 3 });
      },
    );

    it('ends a file that has become long', async () => {
      const [user] = users;
      const batches = [await world.measure(user, 0), await world.measure(user, 0)];
      await world.partitions.prepare(dayAt(3));
      await world.cold.prepare(dayAt(4), signal);
      const cold = new ColdPartitions({ bytesPerFile: 100 }, { db: world.database.db, store: world.store });
      const [partition] = await cold.due(dayAt(4), dayAt(4));
      const moved = await cold.move(partition, dayAt(4), signal);
      expect(moved?.files.map(({ rows }) => rows)).toEqual([500, 100]);
      for (const batch of batches) expect(await world.batches.measurementsOf(batch)).toHaveLength(300);
    });

    it('refuses the place of another database', async () => {
      await world.cold.prepare(dayAt(0), signal);
      await world.cold.prepare(dayAt(0), signal);
      world.place.change('revtr-cold-results.txt', Buffer.from('other\n'));
      await expect(world.cold.prepare(dayAt(0), signal)).rejects.toMatchObject({ code: 'foreignPlace' });
    });

    it('moves while a user changes a result, and neither of them fails', async () => {
      const [user] = users;
      const batch = await world.measure(user, 0);
      await world.partitions.prepare(dayAt(3));
      await world.cold.prepare(dayAt(4), signal);
      const [{ id }] = await world.batches.measurementsOf(batch, { limit: 1 });
      const [partition] = await world.cold.due(dayAt(4), dayAt(4));
      const { db } = world.database;
      // The move comes to a stop between its look at the table and the end of the table.
      const { moved, noted } = await db.transaction().execute(async (transaction) => {
        await sql`lock table cold_file_users in share mode`.execute(transaction);
        const moved = world.cold.move(partition, dayAt(4), signal);
        await expect.poll(() => world.waiting()).toBe(1);
        const noted = world.batches.noteForwardTraceroute(user.id, id, 5);
        await expect.poll(() => world.waiting()).toBe(2);
        return { moved, noted };
      });
      expect(await Promise.all([moved, noted])).toEqual([expect.objectContaining({ partition }), true]);
      expect((await world.batches.findMeasurement(id))?.forward_traceroute_id).toBe(5);
    });

    it('moves no partition in which two numbers of forward traceroutes have changed places meanwhile', async () => {
      const [user] = users;
      const batch = await world.measure(user, 0);
      await world.partitions.prepare(dayAt(3));
      await world.cold.prepare(dayAt(4), signal);
      const [first, second] = await world.batches.measurementsOf(batch, { limit: 2 });
      const note = async (numbers: readonly number[]): Promise<void> => {
        for (const [i, { id }] of [first, second].entries())
          expect(await world.batches.noteForwardTraceroute(user.id, id, numbers[i])).toBe(true);
      };
      await note([5, 6]);
      const [partition] = await world.cold.due(dayAt(4), dayAt(4));
      const cold = partitionsWith(world, () => note([6, 5]));
      expect(await cold.move(partition, dayAt(4), signal)).toBeUndefined();
      expect(await world.move(4)).toBe(1);
      const moved = await world.batches.measurementsOf(batch, { limit: 2 });
      expect(moved.map((row) => row.forward_traceroute_id)).toEqual([6, 5]);
    });

    it('remembers a deletion that begins while a file is written again', async () => {
      const [first, second] = users;
      await world.measure(first, 0);
      const batch = await world.measure(second, 0, 'secret');
      await world.move(3);
      await world.accounts.delete(first, dayAt(3));
      const { db } = world.database;
      // The new file is written and checked, but not recorded.
      const { erased, deleted } = await db.transaction().execute(async (transaction) => {
        await sql`lock table cold_file_users in share mode`.execute(transaction);
        const erased = world.cold.erase(dayAt(5), signal);
        await expect.poll(() => world.waiting()).toBe(1);
        const deleted = world.accounts.delete(second, dayAt(5));
        await expect.poll(() => world.waiting()).toBe(2);
        return { erased, deleted };
      });
      expect(await Promise.all([erased, deleted])).toEqual([300, []]);
      expect(await world.batches.measurementsOf(batch)).toEqual([]);
      expect(await world.cold.erase(dayAt(7), signal)).toBe(300);
      expect(await world.cold.totals()).toMatchObject({ results: 0 });
    });

    it('deletes all files that it can when the place keeps one', async () => {
      const { files, partitions, cold } = world;
      for (const day of [0, 1, 2]) await world.measure(users[0], day);
      await world.move(5);
      await partitions.dropBefore(dayAt(5), dayAt(5));
      const [kept, ...others] = (await world.paths()).toSorted();
      const remove: ColdFiles['remove'] = async (path, until) => {
        if (path === kept) throw new Error('it is locked');
        return files.remove(path, until);
      };
      const locked = new ColdPartitions(
        {},
        {
          db: world.database.db,
          store: new ColdStore({}, { files: changed(files, { remove }), onFault: () => undefined }),
        },
      );
      expect(others).toHaveLength(2);
      await expect(locked.deleteRemoved(dayAt(7), signal)).rejects.toThrow('it is locked');
      expect(await world.paths()).toEqual([kept]);
      // Files that the database does not know.
      await sql`delete from cold_files`.execute(world.database.db);
      for (const path of others) {
        const file = await files.create(path, signal);
        await file.write(Buffer.from('left behind'));
        await file.end();
      }
      await expect(locked.prepare(dayAt(7), signal)).rejects.toThrow('it is locked');
      expect(await world.paths()).toEqual([kept]);
      expect(await cold.prepare(dayAt(7), signal)).toEqual([kept]);
    });

    it('keeps a file that a process of an earlier version records while others are looked for', async () => {
      if (!isDirectory) return;
      const { files } = world;
      await world.measure(users[0], 0);
      await world.move(3);
      const { db } = world.database;
      const [row] = await db.selectFrom('cold_files').selectAll().execute();
      await db.deleteFrom('cold_files').execute();
      // That version writes to the same directory without a note in the database, and does the rest while it has the lock.
      const found: ColdFiles['list'] = async function* () {
        yield [row.path];
      };
      let recording: Promise<unknown> | undefined;
      const remove: ColdFiles['remove'] = async (path, until) => {
        recording ??= db.transaction().execute(async (transaction) => {
          const { rows } = await sql<{ has: boolean }>`select pg_try_advisory_xact_lock(7262) as has`.execute(
            transaction,
          );
          // Otherwise it waits, finds its file gone, and fails.
          if (rows[0].has) await transaction.insertInto('cold_files').values(row).execute();
        });
        await recording;
        return files.remove(path, until);
      };
      const store = new ColdStore({}, { files: changed(files, { list: found, remove }), onFault: () => undefined });
      await new ColdPartitions({}, { db, store }).prepare(dayAt(3), signal);
      const recorded = (await db.selectFrom('cold_files').select('path').execute()).map(({ path }) => path);
      expect(await world.paths()).toEqual(recorded);
    });

    it('moves nothing to files that another process has deleted meanwhile', async () => {
      const [user] = users;
      const batch = await world.measure(user, 0);
      await world.partitions.prepare(dayAt(3));
      const [partition] = await world.cold.due(dayAt(4), dayAt(4));
      const deletions: (() => Promise<unknown>)[] = [
        // The other process takes this one for dead.
        () => world.cold.prepare(new Date(Date.now() + 7_200_000), signal),
        // A file is lost.
        async () => world.place.change((await world.paths())[0], undefined),
        // The other process has yet to delete the file.
        async () => sql`delete from cold_unfinished`.execute(world.database.db),
      ];
      for (const deletion of deletions) {
        const cold = partitionsWith(world, deletion);
        await expect(cold.move(partition, dayAt(4), signal)).rejects.toMatchObject({ code: 'coldFileLost' });
        expect(await world.batches.measurementsOf(batch)).toHaveLength(300);
      }
      expect(await world.move(4)).toBe(1);
      expect(await world.batches.measurementsOf(batch)).toHaveLength(300);
    });
  });
}

/** What moves partitions, and does something when it has read the only file again, which has one group. */
function partitionsWith({ database: { db }, files }: ColdWorld, onRead: () => Promise<unknown>): ColdPartitions {
  let reads = 0;
  const read: ColdFiles['read'] = async (...range) => {
    const bytes = await files.read(...range);
    if (++reads === 2) await onRead();
    return bytes;
  };
  const store = new ColdStore({}, { files: changed(files, { read }), onFault: () => undefined });
  return new ColdPartitions({}, { db, store });
}

/** Files with some other methods. */
const changed = (files: ColdFiles, methods: Partial<ColdFiles>): ColdFiles => ({
  ...{ place: files.place, create: files.create.bind(files), sizeOf: files.sizeOf.bind(files) },
  ...{ remove: files.remove.bind(files), list: files.list.bind(files), read: files.read.bind(files) },
  ...{ identity: files.identity.bind(files), identify: files.identify.bind(files) },
  ...methods,
});

/** Moves partitions in another process, which is killed when a step is done, or may not write files of more than 8 KiB. */
async function moveElsewhere({ url, place }: ColdWorld, step: string) {
  const limit = step === 'tooLarge' ? "trap '' XFSZ; ulimit -f 8; " : '';
  const program = [
    process.execPath,
    join(import.meta.dirname, 'move-and-die.ts'),
    url,
    JSON.stringify(place.name),
    step,
  ];
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...program], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status, killedBy]: unknown[] = await once(child, 'close');
  return { status, killedBy, stderr };
}

/** The files that the database knows. */
async function recordedIn({ database }: ColdWorld): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`select path from cold_files order by path`.execute(database.db);
  return rows.map(({ path }) => path).toSorted();
}

const isOf = (record: unknown, type: string): boolean => Object(record).type === type;

coldResults(
  'the embedded database',
  async () => ({ settings: async () => ({ kind: 'memory' }), place: directoryPlace, stop: async () => undefined }),
  { isServer: false, isDirectory: true },
);
describe.runIf(findPostgres() !== undefined)('PostgreSQL', () => {
  const start = async (): Promise<Omit<Databases, 'place'>> => {
    const { url, stop } = await startPostgres();
    await (await openDatabase({ kind: 'postgres', url: url.replace('/postgres', '/template1') })).close();
    let databases = 0;
    const settings = async (): Promise<DatabaseSettings> => {
      const client = new pg.Client(url);
      await client.connect();
      const name = `db${databases++}`;
      await client.query(`create database ${name}`);
      await client.end();
      return { kind: 'postgres', url: url.replace('/postgres', `/${name}`) };
    };
    return { settings, stop };
  };
  coldResults('with a directory', async () => ({ ...(await start()), place: directoryPlace }), {
    isServer: true,
    isDirectory: true,
  });
  coldResults(
    'with an object store',
    async () => {
      const [{ settings, stop }, objects] = await Promise.all([start(), S3Server.start()]);
      const stopAll = async (): Promise<void> => {
        await Promise.all([stop(), objects.stop()]);
      };
      return { settings, place: () => s3Place(objects), stop: stopAll };
    },
    { isServer: true, isDirectory: false },
  );
});
