import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrefix } from '@revtr/net';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Batches, type DatabaseSettings, Jobs, openDatabase, StorageError, type User } from '../src/index.ts';
import { ColdWorld, dayAt } from './cold-world.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const signal = new AbortController().signal;

interface Databases {
  /** A new database. */
  settings(): Promise<DatabaseSettings>;
  stop(): Promise<void>;
}

/** What is checked with each kind of database, or only with a server. */
function coldResults(name: string, start: () => Promise<Databases>, isServer: boolean): void {
  describe(name, () => {
    let server: Databases;
    let world: ColdWorld;
    let users: readonly [User, User];
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      world = await ColdWorld.open(await server.settings());
      users = [await world.user('a@revtr.example'), await world.user('b@revtr.example')];
    });
    afterEach(() => world.close());

    it('keeps all that users read when partitions move', async () => {
      const [first, second] = users;
      const ids = [await world.measure(first, 0, 'mine'), await world.measure(second, 0, 'mine')];
      ids.push(await world.measure(first, 1, 'mine'), await world.measure(first, 2));
      const [published] = await world.batches.measurementsOf(ids[0], { limit: 1 });
      await world.publications.publish(published, 'token', dayAt(0));
      expect(await world.batches.noteForwardTraceroute(first.id, published.id + 1, 77)).toBe(true);
      const filters = [
        { userId: first.id },
        { userId: first.id, label: 'mine' },
        { userId: second.id, label: 'mine', stopReason: 'failed' },
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
      expect(world.files()).toHaveLength(4);
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
      const has = (text: string): boolean =>
        world.files().some((path) => readFileSync(join(world.directory, path)).includes(text));
      expect(has('secret')).toBe(true);
      expect(await world.cold.erase(dayAt(3), signal)).toBe(0);
      expect(await world.cold.erase(dayAt(5), signal)).toBe(300);
      expect(await world.cold.erase(dayAt(7), signal)).toBe(0);
      // Those who began to read before still find the old files.
      expect(has('secret')).toBe(true);
      expect(await world.cold.deleteRemoved(dayAt(7))).toHaveLength(1);
      expect(has('secret')).toBe(false);
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
      expect([await world.cold.deleteRemoved(dayAt(4)), world.files().length]).toEqual([[], 2]);
      expect(await world.cold.deleteRemoved(dayAt(6))).toHaveLength(1);
      expect(world.files()).toHaveLength(1);
      expect(await world.partitions.dropBefore(dayAt(9), dayAt(10))).toHaveLength(1);
      await world.cold.deleteRemoved(dayAt(12));
      expect(world.files()).toEqual([]);
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
      expect(world.files().filter((path) => path.startsWith('.writing'))).toEqual([]);
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
      const [path] = world.files().toSorted();
      const file = join(world.directory, path);
      const content = readFileSync(file);
      const reasonsOf = async (bytes: Buffer | undefined): Promise<string[]> => {
        if (bytes === undefined) rmSync(file);
        else writeFileSync(file, bytes);
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
      await expect(without.measurementsOf(batches[0])).rejects.toMatchObject({ details: { reason: 'noDirectory' } });
    });

    it.each(['written', 'placed', 'recorded', 'tooLarge'])(
      'loses and doubles nothing when the process that moves is killed, or cannot write: %s',
      async (step) => {
        const [user] = users;
        const ids = [await world.measure(user, 0), await world.measure(user, 0), await world.measure(user, 1)];
        await world.partitions.prepare(dayAt(3));
        const readAll = () => Promise.all(ids.map((id) => world.batches.measurementsOf(id)));
        const before = await readAll();
        const { status, signal, stderr } = moveElsewhere(world, step);
        if (step === 'tooLarge') expect([status, stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
        else expect(signal).toBe('SIGKILL');
        expect(await readAll()).toEqual(before);
        // Files that are too new may be those of another process.
        await world.cold.prepare(new Date());
        expect(await readAll()).toEqual(before);
        await world.cold.prepare(new Date(Date.now() + 7_200_000));
        const { rows } = await sql<{ path: string }>`select path from cold_files`.execute(world.database.db);
        expect(world.files().toSorted()).toEqual(rows.map(({ path }) => path).toSorted());
        expect(await world.move(4)).toBe(step === 'recorded' ? 1 : 2);
        expect(await readAll()).toEqual(before);
        expect(await world.cold.totals()).toMatchObject({ results: 900, files: 3 });
      },
    );

    it('refuses the directory of another database', async () => {
      await world.cold.prepare(dayAt(0));
      writeFileSync(join(world.directory, 'revtr-cold-results.txt'), 'other\n');
      await expect(world.cold.prepare(dayAt(0))).rejects.toMatchObject({ code: 'foreignDirectory' });
    });
  });
}

/** Moves partitions in another process, which is killed when a step is done, or may not write files of more than 8 KiB. */
function moveElsewhere({ url, directory }: ColdWorld, step: string) {
  const program = `${process.execPath} ${join(import.meta.dirname, 'move-and-die.ts')} ${url} ${directory} ${step}`;
  const limit = step === 'tooLarge' ? "trap '' XFSZ; ulimit -f 8; " : '';
  return spawnSync('bash', ['-c', `${limit}exec ${program}`], { encoding: 'utf8' });
}

const isOf = (record: unknown, type: string): boolean => Object(record).type === type;

coldResults(
  'the embedded database',
  async () => ({ settings: async () => ({ kind: 'memory' }), stop: async () => undefined }),
  false,
);
describe.runIf(findPostgres() !== undefined)('PostgreSQL', () => {
  coldResults(
    'with a server',
    async () => {
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
    },
    true,
  );
});
