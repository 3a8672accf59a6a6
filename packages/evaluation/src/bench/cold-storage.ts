import { performance } from 'node:perf_hooks';
import {
  Batches,
  ColdPartitions,
  ColdStore,
  DirectoryFiles,
  openDatabase,
  parseDatabaseSettings,
  ResultPartitions,
} from '@revtr/storage';
import { sql } from 'kysely';
import { median } from '../statistics/quantiles.ts';

const DAY_MS = 86_400_000;
const READS = 25;

/** What cold results cost. */
export interface ColdCost {
  readonly coldResults: number;
  readonly coldBytesPerResult: number;
  readonly moveSeconds: number;
  /** Processor time of the move, seconds. */
  readonly moveProcessorSeconds: number;
  /** Median time to read one result, milliseconds: from the database, from a file that nothing is known of, and from one that was read before. */
  readonly readStoredMs: number;
  readonly readFirstMs: number;
  readonly readAgainMs: number;
}

/** Copies the stored results until there are `count`, moves them to files in `directory`, and reads them. */
export async function measureCold(database: string, directory: string, count: number): Promise<ColdCost> {
  const { db, close } = await openDatabase(parseDatabaseSettings(database));
  try {
    const { rows } = await sql<{ least: number; most: number; count: number }>`
      select min(id) as least, max(id) as most, count(*) as count from results`.execute(db);
    const [{ least, most, count: stored }] = rows;
    const width = most - least + 1;
    for (let copy = 1; copy * stored < count; copy++)
      await sql`
        insert into results (id, batch_id, created_at, ended_at, user_id, source, destination, stop_reason, label, networks, options, record,
          forward_traceroute_id)
        select id + ${copy * width}::bigint, batch_id, created_at, ended_at, user_id, source, destination, stop_reason, label, networks, options,
          record, forward_traceroute_id
        from results where id <= ${most} order by id limit ${count - copy * stored}`.execute(db);
    await sql`
      select setval('measurements_id_seq', greatest((select max(id) from results), (select last_value from measurements_id_seq)))`.execute(
      db,
    );
    const now = new Date(Date.now() + 2 * DAY_MS);
    await new ResultPartitions(db).prepare(new Date(Date.now() + DAY_MS));
    const { rows: all } = await sql<{ id: number }>`select id from results order by random() limit ${READS}`.execute(
      db,
    );
    const ids = all.map(({ id }) => id);
    const files = new DirectoryFiles(directory);
    const newStore = (): ColdStore =>
      new ColdStore(
        {},
        {
          files,
          onFault: (error) => {
            throw error;
          },
        },
      );
    const readStoredMs = await medianMs(ids, () => new Batches(db, newStore()));
    const cold = new ColdPartitions({}, { db, store: newStore() });
    const { signal } = new AbortController();
    await cold.prepare(now, signal);
    const [begin, processor] = [performance.now(), process.cpuUsage()];
    for (const partition of await cold.due(now, now)) await cold.move(partition, now, signal);
    const moveSeconds = (performance.now() - begin) / 1_000;
    const used = process.cpuUsage(processor);
    const { results, bytes } = await cold.totals();
    const readFirstMs = await medianMs(ids, () => new Batches(db, newStore()));
    const known = new Batches(db, new ColdStore({ mostGroups: 1 }, { files, onFault: () => undefined }));
    await medianMs(ids, () => known);
    const readAgainMs = await medianMs(ids, () => known);
    return {
      ...{ coldResults: results, coldBytesPerResult: Math.round(bytes / results), moveSeconds },
      moveProcessorSeconds: (used.user + used.system) / 1e6,
      ...{ readStoredMs, readFirstMs, readAgainMs },
    };
  } finally {
    await close();
  }
}

async function medianMs(ids: readonly number[], reader: () => Batches): Promise<number> {
  const times: number[] = [];
  for (const id of ids) {
    const batches = reader();
    const begin = performance.now();
    if ((await batches.findMeasurement(id)) === undefined) throw new Error(`result ${id} is missing`);
    times.push(performance.now() - begin);
  }
  return median(times);
}
