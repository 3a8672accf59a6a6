import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ReverseTracerouteClient } from '@revtr/client';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { openDatabase, parseDatabaseSettings } from '@revtr/storage';
import { sql } from 'kysely';
import { pino } from 'pino';
import { measureCold } from './cold-storage.ts';
import { completion } from './completion.ts';
import { inDirectory } from './in-directory.ts';
import { positiveInteger } from './integer-options.ts';
import { OptionError } from './option-error.ts';

const PER_BATCH = 1_000;

interface Sizes {
  readonly results: number;
  readonly rowBytes: number;
  readonly recordBytes: number;
  readonly tableBytes: number;
  readonly indexBytes: number;
}

/**
 * Stores `--measurements` results (default 5,000) of profile `published` on the medium Internet, and reports the bytes that each takes with indexes
 * and TOAST. With `--cold N`, moves N results to files (copies of the stored ones if there are fewer), and reads them. The empty database is
 * `--database` (default: an embedded one on disk that is removed).
 */
export function benchStorage(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measurements: { type: 'string', default: '5000' },
      database: { type: 'string' },
      cold: { type: 'string', default: '0' },
    },
  });
  const count = positiveInteger('measurements', values.measurements);
  const cold = Number(values.cold);
  if (!(Number.isInteger(cold) && cold >= 0)) throw new OptionError('--cold must be a whole number');
  return inDirectory(async (directory) => {
    const database = values.database ?? join(directory, 'data');
    await measureAll(database, join(directory, 'audit'), count);
    const { results, rowBytes, recordBytes, tableBytes, indexBytes } = await sizesIn(database);
    const each = (bytes: number): number => Math.round(bytes / results);
    return {
      results,
      bytesPerResult: each(tableBytes + indexBytes),
      inTable: each(tableBytes),
      inIndexes: each(indexBytes),
      medianRowBytes: rowBytes,
      medianRecordBytes: recordBytes,
      ...(cold > 0 && (await measureCold(database, join(directory, 'cold'), cold))),
    };
  });
}

async function measureAll(database: string, auditDirectory: string, count: number): Promise<void> {
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1, {}, 'published'), sources: 10 });
  const system = await startSimulatedSystem(
    world,
    {
      ...{ host: '127.0.0.1', port: 0, database, concurrency: 1_000, realTime: false },
      audit: { directory: auditDirectory },
    },
    pino({ level: 'error' }),
  );
  try {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = world.randomRequests(count).map((pair) => ({ ...pair, isRunRttPings: false }));
    for (let first = 0; first < pairs.length; first += PER_BATCH) {
      const { batchId } = await client.submit(pairs.slice(first, first + PER_BATCH));
      await completion(client, batchId);
    }
  } finally {
    await system.stop();
  }
}

async function sizesIn(database: string): Promise<Sizes> {
  const { db, close } = await openDatabase(parseDatabaseSettings(database));
  try {
    await sql`vacuum analyze results`.execute(db);
    const { rows } = await sql<Sizes>`
      select count(*) as results,
        percentile_disc(0.5) within group (order by pg_column_size(results.*))::integer as "rowBytes",
        percentile_disc(0.5) within group (order by length(record))::integer as "recordBytes",
        (select sum(pg_table_size(inhrelid))::bigint from pg_inherits where inhparent = 'results'::regclass) as "tableBytes",
        (select sum(pg_indexes_size(inhrelid))::bigint from pg_inherits where inhparent = 'results'::regclass) as "indexBytes"
      from results`.execute(db);
    return rows[0];
  } finally {
    await close();
  }
}
