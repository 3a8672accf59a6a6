import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import {
  type Database,
  generateApiKey,
  hashApiKey,
  openDatabase,
  parseDatabaseSettings,
  ResultPartitions,
  Users,
} from '@revtr/storage';
import { sql } from 'kysely';
import { pino } from 'pino';
import { completion } from './completion.ts';

/** What a database is filled with. */
export interface Filling {
  readonly results: number;
  readonly perBatch: number;
}

/** A user with results. */
export interface Reader {
  readonly key: string;
  readonly batches: readonly number[];
}

const READER = { name: 'Reader', email: 'reader@bench.revtr.example', role: 'user' } as const;
/** Results that are measured on the simulated Internet; the reader has copies of them. */
const MEASURED = 500;
const PER_STATEMENT = 20_000;

/**
 * Fills a database with results of a user, all of which are copies of 500 measured ones. One that was filled with as many before is used again.
 * @throws {Error} when the database has other measurements
 */
export async function filled(database: string, { results, perBatch }: Filling): Promise<Reader> {
  const open = (): Promise<Database> => openDatabase(parseDatabaseSettings(database));
  const first = await open();
  const known = await first.db.selectFrom('batches').select('id').limit(1).execute().finally(first.close);
  if (known.length === 0) await measure(database);
  const { db, close } = await open();
  try {
    const users = new Users(db);
    const limits = { max_per_day: results, max_parallel: results, max_per_minute: results };
    const { id: userId } = await users.ensure({ ...READER, ...limits });
    const key = generateApiKey();
    await db.deleteFrom('api_keys').where('user_id', '=', userId).execute();
    await users.addKey(userId, hashApiKey(key));
    const batches = db.selectFrom('batches').select(['id', 'size']).where('user_id', '=', userId).orderBy('id');
    if ((await batches.execute()).length === 0) {
      for (let left = results; left > 0; left -= perBatch) await addBatch(db, userId, Math.min(perBatch, left));
      await sql`vacuum analyze`.execute(db);
    }
    const added = await batches.execute();
    const total = added.reduce((sum, { size }) => sum + size, 0);
    if (total !== results || added[0].size !== Math.min(perBatch, results))
      throw new Error('the database was filled with other batches: use an empty one');
    return { key, batches: added.map(({ id }) => id) };
  } finally {
    await close();
  }
}

async function measure(database: string): Promise<void> {
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1, {}, 'published'), sources: 5 });
  const system = await startSimulatedSystem(
    world,
    { host: '127.0.0.1', port: 0, database, concurrency: MEASURED, realTime: false },
    pino({ level: 'error' }),
  );
  try {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const { batchId } = await client.submit(world.randomRequests(MEASURED));
    await completion(client, batchId);
  } finally {
    await system.stop();
  }
}

async function addBatch(db: Database['db'], userId: number, size: number): Promise<void> {
  const now = new Date();
  const partitions = new ResultPartitions(db);
  await partitions.prepare(now);
  const { rows } = await sql<{ last: number }>`
    select setval('measurements_id_seq', last_value + ${size}) as last from measurements_id_seq`.execute(db);
  const [{ last }] = rows;
  const first = last - size + 1;
  await partitions.prepare(now);
  const batch = { user_id: userId, size, first_id: first, last_id: last };
  const { id } = await db.insertInto('batches').values(batch).returning('id').executeTakeFirstOrThrow();
  for (let from = first; from <= last; from += PER_STATEMENT)
    await sql`
      insert into results (id, batch_id, created_at, ended_at, user_id, source, destination, stop_reason, label, networks, options, record)
      select copy.id, ${id}, ${now}, ${now}, ${userId}, source, destination, stop_reason, label, networks, options, record
      from generate_series(${from}::bigint, ${Math.min(last, from + PER_STATEMENT - 1)}::bigint) as copy(id)
        join (select *, row_number() over (order by id) - 1 as n, count(*) over () as count from results where user_id <> ${userId}) as measured
          on measured.n = copy.id % measured.count
      order by copy.id`.execute(db);
}
