import { ReverseTracerouteClient } from '@revtr/client';
import { openDatabase, parseDatabaseSettings, ResultPartitions } from '@revtr/storage';
import { addUser, startTestSystem } from './system.ts';

const DAY_MS = 86_400_000;
const LIMITS = { max_per_day: 1_000, max_per_minute: 1_000, max_parallel: 1_000 };
/** Measurements whose results are old. */
export const OLD_RESULTS = 60;

/** Results in a database that are a week old. */
export interface OldResults {
  readonly key: string;
  /** Path of one of them. */
  readonly single: string;
  /** Paths of the API that show them, among others. */
  readonly paths: readonly string[];
  /** What the API answered when they were new. */
  readonly answers: readonly string[];
}

/** Measures into a new database, and makes all that is stored a week old. */
export async function makeOldResults(database: string): Promise<OldResults> {
  const system = await startTestSystem({ database });
  const key = await addUser(system, 'reader@revtr.example', LIMITS);
  const client = new ReverseTracerouteClient({ server: system.url, key });
  const pairs = system.destinations.slice(0, OLD_RESULTS).map((dst) => ({ src: system.source, dst, label: 'old' }));
  const { batchId } = await client.submit(pairs);
  await client.wait(batchId);
  const { measurements } = await client.batch(batchId);
  const [{ id }] = measurements;
  const { token } = await client.publish(id);
  const single = `/api/v2/measurements/${id}`;
  const paths = [
    `/api/v1/revtr?batchid=${batchId}`,
    '/api/v1/revtr?label=old',
    `/api/v2/batches/${batchId}`,
    `/api/v2/batches/${batchId}/measurements?limit=25&after=${id + 10}`,
    `/api/v2/batches/${batchId}/events`,
    ...['jsonl', 'csv-hops', 'ripe-atlas', 'graphml-networks'].map(
      (format) => `/api/v2/batches/${batchId}/export?format=${format}`,
    ),
    '/api/v2/batches',
    '/api/v2/measurements?label=old&order=newest',
    single,
    `/api/v2/measurements/${id}/publication`,
    `/api/v2/public-results/${token}`,
  ];
  const answers = await readAll(system.url, { key, paths });
  await system.stop();
  await makeOld(database);
  return { key, single, paths, answers };
}

async function makeOld(database: string): Promise<void> {
  const { db, close } = await openDatabase(parseDatabaseSettings(database));
  await new ResultPartitions(db).prepare(new Date(Date.now() + DAY_MS));
  await db
    .updateTable('result_partitions')
    .set({ opened_at: new Date(Date.now() - 8 * DAY_MS), closed_at: new Date(Date.now() - 7 * DAY_MS) })
    .where('closed_at', 'is not', null)
    .execute();
  await close();
}

/** What the API answers, each with its path and status, without the address of the server. */
export const readAll = (url: string, { key, paths }: Pick<OldResults, 'key' | 'paths'>): Promise<string[]> =>
  Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${url}${path}`, { headers: { 'revtr-key': key } });
      // An answer that has begun ends early when the next part cannot be read.
      const all = await answer.text().catch(() => 'broken');
      // How much has ended when the stream of events begins is a matter of time.
      const text = path.endsWith('/events') ? all.slice(all.lastIndexOf('event: progress')) : all;
      return `${path} ${answer.status} ${text.replaceAll(url, '')}`;
    }),
  );

/** The sum of a metric over its labels. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.length === 0 ? Number.NaN : values.reduce((sum, [, value]) => sum + Number(value), 0);
}
