import { parseIpv4, parsePrefix, prefixContains } from '@revtr/net';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Batches,
  type Database,
  type DatabaseSettings,
  Jobs,
  type MeasurementFilter,
  MeasurementFinder,
  type MeasurementRow,
  openDatabase,
  ResultPartitions,
  type User,
  Users,
} from '../src/index.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 12);
const [DAYS, BATCHES_PER_DAY, PER_BATCH] = [5, 8, 24];
const SOURCES = ['16.0.0.1', '200.0.0.9'];
const DESTINATIONS = ['9.0.0.1', '9.0.0.77', '9.0.3.1', '9.1.0.1', '130.7.0.1', '130.7.0.2', '255.255.255.254'];
const PREFIXES = ['0.0.0.0/0', '8.0.0.0/7', '9.0.0.0/8', '9.0.0.0/14', '9.0.0.0/22', '9.0.0.0/24', '130.7.0.2/32'];
const LABELS = ['', 'a', 'b', "it's 'b'"];
const STOP_REASONS = ['reaches', 'failed', 'trivial', 'cancelled'];
const ASNS = [1, 2, 7, 65_536, 4_200_000_001];

/** Results of a user on some days, with gaps between the ids of batches, and some measurements that have not ended or are stored as JSON. */
async function fill({ db }: Database): Promise<User[]> {
  const random = mulberry(1);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const limits = { max_per_day: 1e6, max_parallel: 1e6, max_per_minute: 1e6 };
  const users = await Promise.all(
    ['u', 'v'].map((name) => new Users(db).ensure({ name, email: `${name}@revtr.example`, role: 'user', ...limits })),
  );
  const [batches, jobs] = [new Batches(db), new Jobs(db)];
  for (let day = 0; day < DAYS; day++) {
    await new ResultPartitions(db).prepare(new Date(START + day * DAY_MS));
    for (let batch = 0; batch < BATCHES_PER_DAY; batch++) {
      const now = new Date(START + day * DAY_MS + batch * 3_600_000);
      await sql`select setval('measurements_id_seq', last_value + ${Math.floor(random() * 90_000)}) from measurements_id_seq`.execute(
        db,
      );
      const pairs = Array.from({ length: PER_BATCH }, () => ({
        ...{ source: pick(SOURCES), destination: pick(DESTINATIONS), label: pick(LABELS), options: {} },
      }));
      await batches.accept(batch % 4 === 3 ? users[1] : users[0], pairs, now);
      const leased = await jobs.lease('me', 1_000, now, new Date(now.getTime() + 1e12));
      const finished = leased
        .filter(() => random() < 0.9)
        .map(({ id }) => {
          const hops = Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
            ...{ address: '1.1.1.1', asn: pick(ASNS) },
            ...(random() < 0.1 && { hiddenNetwork: { asn: 99 } }),
          }));
          const isRare = random() < 0.02;
          return { id, result: { stopReason: isRare ? 'cancelled' : pick(STOP_REASONS.slice(0, 3)), hops } };
        });
      await jobs.finish('me', finished, now);
    }
  }
  await sql`
    with moved as (delete from measurements where id % 7 = 0 returning *)
    insert into json_results (id, batch_id, user_id, position, source, destination, label, options, state, created_at, ended_at, result)
    select id, batch_id, user_id, position, source, destination, label, options, 'done', created_at, created_at,
      '{"stopReason":"failed","hops":[{"address":"1.1.1.1","asn":7}]}'::json
    from moved`.execute(db);
  return users;
}

/** Whether a measurement meets a filter, without the code that is tested. */
function isWanted(row: MeasurementRow, filter: MeasurementFilter): boolean {
  const result = JSON.parse(JSON.stringify(row.result ?? { hops: [] }));
  const asns = result.hops.flatMap((hop: { asn: number; hiddenNetwork?: { asn: number } }) => [
    hop.asn,
    hop.hiddenNetwork?.asn,
  ]);
  const checks: { readonly [Name in keyof Required<MeasurementFilter>]: () => boolean } = {
    userId: () => row.user_id === filter.userId,
    source: () => row.source === filter.source,
    destination: () => row.destination === filter.destination,
    prefix: () => filter.prefix !== undefined && prefixContains(filter.prefix, parseIpv4(row.destination)),
    asn: () => asns.includes(filter.asn),
    label: () => row.label === filter.label,
    createdFrom: () => row.created_at.getTime() >= Number(filter.createdFrom),
    createdBefore: () => row.created_at.getTime() < Number(filter.createdBefore),
    stopReason: () => result.stopReason === filter.stopReason,
    batchId: () => row.batch_id === filter.batchId,
  };
  return Object.entries(checks).every(
    ([name, check]) => Object.entries(filter).find(([given]) => given === name)?.[1] === undefined || check(),
  );
}

/** A value, or none in most cases: few measurements meet many conditions. */
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const time = fc
  .integer({ min: -1, max: DAYS * 24 })
  .map((hours) => new Date(START + Math.floor(hours / 24) * DAY_MS + (hours % 24) * 1_800_000));

function finding(name: string, start: () => Promise<{ settings: DatabaseSettings; stop(): Promise<void> }>): void {
  describe(name, () => {
    let server: { settings: DatabaseSettings; stop(): Promise<void> };
    let database: Database;
    let users: User[];
    let all: MeasurementRow[];

    beforeAll(async () => {
      server = await start();
      database = await openDatabase(server.settings);
      users = await fill(database);
      const batches = new Batches(database.db);
      all = [];
      for (let id = 1; id <= DAYS * BATCHES_PER_DAY; id++) all.push(...(await batches.measurementsOf(id)));
    }, 600_000);
    afterAll(async () => {
      await database.close();
      await server.stop();
    });

    it('finds what a filter over all measurements finds, in both orders and in pages of any size', async () => {
      expect(all).toHaveLength(DAYS * BATCHES_PER_DAY * PER_BATCH);
      expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['running', 'done']));
      let found = 0;
      const filters = fc.record({
        userId: fc.constantFrom(...users.map(({ id }) => id)),
        source: rarely(fc.constantFrom(...SOURCES)),
        destination: rarely(fc.constantFrom(...DESTINATIONS, '9.9.9.9')),
        prefix: rarely(fc.constantFrom(...PREFIXES).map(parsePrefix)),
        asn: rarely(fc.constantFrom(...ASNS, 99, 5)),
        label: rarely(fc.constantFrom(...LABELS.slice(1))),
        createdFrom: rarely(time),
        createdBefore: rarely(time),
        stopReason: rarely(fc.constantFrom(...STOP_REASONS)),
        batchId: rarely(fc.integer({ min: 1, max: DAYS * BATCHES_PER_DAY })),
      });
      const runs = fc.record({
        order: fc.constantFrom('oldest' as const, 'newest' as const),
        page: fc.integer({ min: 20, max: 300 }),
        mostPerStep: fc.integer({ min: 10, max: 60 }),
        mostSteps: fc.integer({ min: 10, max: 400 }),
      });
      await fc.assert(
        fc.asyncProperty(filters, runs, async (filter, { order, page, mostPerStep, mostSteps }) => {
          const finder = new MeasurementFinder({ db: database.db }, { mostPerStep, mostSteps });
          const rows: MeasurementRow[] = [];
          let after: number | undefined;
          do {
            const search = await finder.begin(filter, { order, after });
            rows.push(...(await search.read(page)));
            expect(search.next).not.toBe(after ?? 'none');
            after = search.next;
          } while (after !== undefined);
          const wanted = all.filter((row) => isWanted(row, filter)).sort((a, b) => a.id - b.id);
          if (order === 'newest') wanted.reverse();
          expect(rows.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
          expect(rows).toEqual(wanted);
          found += rows.length;
        }),
        { numRuns: 40, seed: 7 },
      );
      expect(found).toBeGreaterThan(500);
    }, 600_000);
  });
}

/** Pseudo-random numbers from 0 to 1. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

finding('the embedded database', async () => ({ settings: { kind: 'memory' }, stop: async () => undefined }));
if (findPostgres() !== undefined)
  finding('PostgreSQL', async () => {
    const { url, stop } = await startPostgres();
    return { settings: { kind: 'postgres', url }, stop };
  });
