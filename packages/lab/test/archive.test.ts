import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { revtr } from './revtr.ts';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

interface Listed {
  readonly path: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

const directory = mkdtempSync(join(tmpdir(), 'revtr-archive-'));
const archive = join(directory, 'archive');
const LABEL = 'a-label-that-nobody-else-knows';
let system: TestSystem;
let operator: ReverseTracerouteClient;
let agreeing: ReverseTracerouteClient;
let published: readonly number[];
let files: readonly Listed[];

const load = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${system.url}/archive/${path}`, { headers });
const loadJson = async (path: string) => JSON.parse(await (await load(path)).text());
/** The status of an answer. `fetch` would resolve the dots of a path, and ask caches for a new answer. */
const statusOf = (path: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
  const { hostname, port } = new URL(system.url);
  return new Promise((resolve, reject) =>
    get({ hostname, port, path: `/archive/${path}`, headers }, (answer) => resolve(answer.resume().statusCode)).on(
      'error',
      reject,
    ),
  );
};
const sql = async (query: string): Promise<Record<string, Json>[]> => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll(query)).getRowObjectsJson();
};

beforeAll(async () => {
  system = await startTestSystem({ archive: { directory: archive, everyMs: 200 } });
  const connect = async (email: string) =>
    new ReverseTracerouteClient({
      server: system.url,
      key: await addUser(system, email, { max_per_day: 1_000, max_per_minute: 1_000, max_parallel: 1_000 }),
    });
  operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
  agreeing = await connect('agrees@revtr.example');
  const silent = await connect('silent@revtr.example');
  const privateSource = formatIpv4(system.world.sources[1].address);
  const measure = async (client: ReverseTracerouteClient, src: string, count: number): Promise<number[]> => {
    const pairs = system.destinations.slice(0, count).map((dst) => ({ src, dst, label: LABEL }));
    const { batchId } = await client.submit(pairs);
    return (await client.wait(batchId)).measurements.map(({ id }) => id);
  };
  await measure(agreeing, system.source, 5);
  await agreeing.accounts.setArchiveConsent(true);
  await operator.accounts.setArchiveConsent(true);
  await operator.accounts.setVisibility(privateSource, 'private');
  await measure(silent, system.source, 5);
  await measure(operator, privateSource, 5);
  published = await measure(agreeing, system.source, 40);
  await vi.waitFor(
    async () => {
      const { days } = await loadJson('catalogue.json');
      expect(days.reduce((sum: number, { results }: { results: number }) => sum + results, 0)).toBe(published.length);
    },
    { timeout: 60_000, interval: 100 },
  );
  const { days } = await loadJson('catalogue.json');
  files = (
    await Promise.all(days.map(async ({ catalogue }: { catalogue: string }) => (await loadJson(catalogue)).files))
  ).flat();
});
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true });
});

describe('the public archive', () => {
  it('has the results of those who agreed, and neither others nor private sources, in both formats', async () => {
    const lines = await sql(`select * from read_json('${archive}/*/*/*/*.jsonl.gz') order by id`);
    const paths = await sql(`select *, len(hops) as count from '${archive}/*/*/*/*.parquet' order by measurement`);
    expect(lines.map(({ id }) => Number(id))).toEqual([...published].sort((a, b) => a - b));
    expect(paths.map(({ measurement }) => measurement)).toEqual(lines.map(({ id }) => id));
    expect(paths.map(({ count }) => Number(count))).toEqual(
      lines.map(({ revtr_hops }) => (Array.isArray(revtr_hops) ? revtr_hops.length : -1)),
    );
    expect(new Set(lines.map(({ src, label }) => `${src} ${label}`))).toEqual(new Set([`${system.source} `]));
    expect(new Set(paths.map(({ batch, label }) => [batch, label].join()))).toEqual(new Set([',']));
  });

  it('is queried with DuckDB as its documentation says', async () => {
    const page = readFileSync(new URL('../../../docs/archive.md', import.meta.url), 'utf8');
    const query = /duckdb -c "(.*)"/.exec(page)?.[1] ?? '';
    const rows = await sql(query.replace(/'[^']*parquet'/, `'${archive}/*/*/*/*.parquet'`));
    expect(rows.reduce((sum, row) => sum + Number(row['count_star()']), 0)).toBe(published.length);
  });

  it('is served with its catalogue, whole or in part, and cached', async () => {
    expect(files.map(({ rows }) => rows).reduce((sum, rows) => sum + rows)).toBe(2 * published.length);
    for (const { path, bytes, sha256 } of files) {
      const response = await load(path);
      const content = await response.bytes();
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
      expect(response.headers.get('content-encoding')).toBe(null);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const part = await load(path, { range: 'bytes=2-5' });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 2-5/${bytes}`]);
      expect(await part.bytes()).toEqual(content.slice(2, 6));
      expect((await load(path, { range: `bytes=${bytes}-` })).status).toBe(416);
      expect(await statusOf(path, { 'if-none-match': response.headers.get('etag') ?? '' })).toBe(304);
    }
    const catalogue = await load('catalogue.json');
    expect(catalogue.headers.get('cache-control')).toBe('no-cache');
    expect(await (await load('README.md')).text()).toContain('# Archive of reverse traceroutes');
    expect(await loadJson('schemas/archive.json')).toContainEqual(expect.objectContaining({ name: 'revtr_hops' }));
  });

  it.each([
    ...[
      '..%2f..%2fetc/passwd',
      '%2e%2e/secret',
      '..\\secret',
      '.unplaced/',
      'revtr.lock',
      '',
      'schemas/..%2frevtr.lock',
    ],
    ...['2026/11/26/', '%00', 'catalogue.json%00.gz', '//etc/passwd', 'catalogue.json/'],
  ])('shows nothing else: /archive/%s', async (path) => {
    writeFileSync(join(directory, 'secret'), 'secret');
    expect([400, 404]).toContain(await statusOf(path));
  });

  it('shows its state to operators, in the command line and as metrics', async () => {
    const { code, out } = await revtr(system, ['admin', 'archive', 'status']);
    expect([code, out]).toEqual([0, expect.stringContaining(`${published.length} results in ${files.length} files`)]);
    const metrics = await (await fetch(`${system.url}/metrics`)).text();
    expect(metrics).toContain(`revtr_archive_results_total ${published.length}`);
    await expect(agreeing.fleet.archive()).rejects.toThrow('only operators');
  });

  it('gets nothing more of a user who withdraws', async () => {
    expect(await agreeing.accounts.setArchiveConsent(false)).toEqual({ isOffered: true });
    const { batchId } = await agreeing.submit([{ src: system.source, dst: system.destinations[50] }]);
    await agreeing.wait(batchId);
    expect(await operator.fleet.archive()).toMatchObject({ pending: 0, results: published.length });
  });
});

describe('the archive of another system', () => {
  const row = {
    ...{ id: '9007199254740000', stop_reason: 'REACHES', src: '192.0.2.9', dst: '198.51.100.1', runtime: '12000' },
    ...{ date: 1_750_000_000, label: null, fail_reason: '' },
    revtr_hops: [
      { hop_number: 0, hop_ip: '198.51.100.1', hop_type: 1, measurement_id: 0, rtt: 900, rtt_measurement_id: 0 },
      { hop_number: 1, hop_ip: '192.0.2.9', hop_type: 2, measurement_id: 4, rtt: 0, cidr: null, asn: 64500 },
    ],
  };

  it('is imported once, can be read as imported, and is not a measurement', async () => {
    const file = join(directory, 'rows.jsonl.gz');
    const failed = { ...row, id: 2, stop_reason: 'FAILED', fail_reason: 'gap limit', revtr_hops: null };
    const lines = [row, { archiver: {}, raw: failed }, { ...row, id: 3, src: 'not an address' }].map((line) =>
      JSON.stringify(line),
    );
    writeFileSync(file, gzipSync(`${lines.join('\n')}\n{"id":\n`));
    const first = await revtr(system, ['admin', 'archive', 'import', file, '--origin', 'M-Lab']);
    expect(first.out).toContain('4 lines; 2 results added, 0 known, 2 invalid');
    const again = await revtr(system, ['admin', 'archive', 'import', file, '--origin', 'M-Lab']);
    expect(again.out).toContain('4 lines; 0 results added, 2 known, 2 invalid');
    const results = await agreeing.importedResults({ destination: '198.51.100.1' });
    expect(results).toMatchObject([
      {
        origin: 'M-Lab',
        row: { id: 9_007_199_254_740_000, runtime: 12_000, label: '', revtr_hops: [{ hop_type: 1 }, { asn: 64500 }] },
      },
      { origin: 'M-Lab', row: { stop_reason: 'FAILED', revtr_hops: [] } },
    ]);
    expect(await agreeing.importedResults({ source: '192.0.2.9', after: String(results[0].id) })).toEqual([results[1]]);
    expect(await agreeing.importedResults({ source: '192.0.2.10' })).toEqual([]);
    const batches = await agreeing.batches();
    expect(batches.some(({ total }) => total === 2)).toBe(false);
  });
});
