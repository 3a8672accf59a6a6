import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makeOldResults, metricOf, OLD_RESULTS, type OldResults, readAll } from './old-results.ts';
import { startTestSystem, type TestSystem } from './system.ts';

const root = mkdtempSync(join(tmpdir(), 'revtr-cold-'));
const directory = join(root, 'cold');
const options = { database: join(root, 'database'), cold: { place: { directory }, afterDays: 2 } };
let old: OldResults;
let system: TestSystem;

beforeAll(async () => {
  old = await makeOldResults(options.database);
  system = await startTestSystem(options);
  await vi.waitFor(async () => expect(await metricOf(system.url, 'revtr_cold_results')).toBe(OLD_RESULTS), {
    timeout: 60_000,
  });
});
afterAll(async () => {
  await system?.stop();
  rmSync(root, { recursive: true });
});

it('the controller moves old results, and answers as before', async () => {
  const { answers, paths } = old;
  expect(answers.map((answer) => answer.split(' ')[1])).toEqual(paths.map(() => '200'));
  expect(await readAll(system.url, old)).toEqual(answers);
  expect(await metricOf(system.url, 'revtr_cold_partitions')).toBe(1);
  expect(await metricOf(system.url, 'revtr_cold_overdue_seconds')).toBe(0);
});

it('the controller reports damaged results, and goes on', async () => {
  const [name] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.parquet'),
  );
  const file = join(directory, name);
  const content = readFileSync(file);
  const client = new ReverseTracerouteClient({ server: system.url, key: old.key });
  const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[0] }]);
  await client.wait(batchId);
  // Nothing of the file is in memory after a restart.
  await system.stop();
  const damaged = Buffer.from(content);
  damaged[content.length >> 1] ^= 1;
  writeFileSync(file, damaged);
  system = await startTestSystem(options);
  const answers = await readAll(system.url, old);
  expect(answers.find((answer) => answer.startsWith(`${old.single} `))).toMatch(/ 500 .*"resultUnreadable"/);
  expect(answers.find((answer) => answer.startsWith('/api/v2/batches 200'))).toBeDefined();
  const restarted = new ReverseTracerouteClient({ server: system.url, key: old.key });
  expect((await restarted.batch(batchId)).measurements).toHaveLength(1);
  expect(await metricOf(system.url, 'revtr_cold_unreadable_total')).toBeGreaterThan(0);
  writeFileSync(file, content);
  const isPublic = (answer: string): boolean => answer.includes('public-results');
  expect((await readAll(system.url, old)).filter(isPublic)).toEqual(old.answers.filter(isPublic));
});
