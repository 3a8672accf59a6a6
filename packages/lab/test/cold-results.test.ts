import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { openDatabase, parseDatabaseSettings, ResultPartitions } from '@revtr/storage';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const DAY_MS = 86_400_000;
const LIMITS = { max_per_day: 1_000, max_per_minute: 1_000, max_parallel: 1_000 };
const root = mkdtempSync(join(tmpdir(), 'revtr-cold-'));
const directory = join(root, 'cold');
const database = join(root, 'database');
let system: TestSystem;
let key: string;
let answers: readonly string[];
let paths: readonly string[];

/** What the API answers about results, without the address of the server. */
const readAll = (): Promise<string[]> =>
  Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${system.url}${path}`, { headers: { 'revtr-key': key } });
      // An answer that has begun ends early when the next part cannot be read.
      const text = await answer.text().catch(() => 'broken');
      return `${path} ${answer.status} ${text.replaceAll(system.url, '')}`;
    }),
  );

beforeAll(async () => {
  system = await startTestSystem({ database });
  key = await addUser(system, 'reader@revtr.example', LIMITS);
  const client = new ReverseTracerouteClient({ server: system.url, key });
  const pairs = system.destinations.slice(0, 60).map((dst) => ({ src: system.source, dst, label: 'old' }));
  const { batchId } = await client.submit(pairs);
  await client.wait(batchId);
  const { measurements } = await client.batch(batchId);
  const [{ id }] = measurements;
  const { token } = await client.publish(id);
  paths = [
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
    `/api/v2/measurements/${id}`,
    `/api/v2/measurements/${id}/publication`,
    `/api/v2/public-results/${token}`,
  ];
  answers = await readAll();
  await system.stop();
  await makeOld();
  system = await startTestSystem({ database, cold: { directory, afterDays: 2 } });
  await vi.waitFor(async () => expect(await metric('revtr_cold_results')).toBe(60), { timeout: 60_000 });
}, 180_000);
afterAll(async () => {
  await system?.stop();
  rmSync(root, { recursive: true });
});

/** Makes all that is stored a week old. */
async function makeOld(): Promise<void> {
  const { db, close } = await openDatabase(parseDatabaseSettings(database));
  await new ResultPartitions(db).prepare(new Date(Date.now() + DAY_MS));
  await db
    .updateTable('result_partitions')
    .set({ opened_at: new Date(Date.now() - 8 * DAY_MS), closed_at: new Date(Date.now() - 7 * DAY_MS) })
    .where('closed_at', 'is not', null)
    .execute();
  await close();
}

/** The sum of a metric over its labels. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${system.url}/metrics`)).text();
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.length === 0 ? Number.NaN : values.reduce((sum, [, value]) => sum + Number(value), 0);
}

it('the controller moves old results, and answers as before', async () => {
  expect(answers.map((answer) => answer.split(' ')[1])).toEqual(paths.map(() => '200'));
  expect(await readAll()).toEqual(answers);
  expect(await metric('revtr_cold_partitions')).toBe(1);
  expect(await metric('revtr_cold_overdue_seconds')).toBe(0);
});

it('the controller reports damaged results, and goes on', async () => {
  const [name] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.parquet'),
  );
  const file = join(directory, name);
  const content = readFileSync(file);
  const client = new ReverseTracerouteClient({ server: system.url, key });
  const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[0] }]);
  await client.wait(batchId);
  // Nothing of the file is in memory after a restart.
  await system.stop();
  const damaged = Buffer.from(content);
  damaged[content.length >> 1] ^= 1;
  writeFileSync(file, damaged);
  system = await startTestSystem({ database, cold: { directory, afterDays: 2 } });
  const old = await readAll();
  const [single] = old.filter(
    (answer) => answer.startsWith('/api/v2/measurements/') && !answer.includes('publication '),
  );
  expect(single).toMatch(/ 500 .*"resultUnreadable"/);
  expect(old.find((answer) => answer.startsWith('/api/v2/batches 200'))).toBeDefined();
  const restarted = new ReverseTracerouteClient({ server: system.url, key });
  expect((await restarted.batch(batchId)).measurements).toHaveLength(1);
  expect(await metric('revtr_cold_unreadable_total')).toBeGreaterThan(0);
  writeFileSync(file, content);
  expect((await readAll()).filter((answer) => answer.includes('public-results'))).toEqual(
    answers.filter((answer) => answer.includes('public-results')),
  );
}, 120_000);
