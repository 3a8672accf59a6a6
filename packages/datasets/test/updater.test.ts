import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError, type DatasetSources, DatasetStore, DatasetUpdater } from '../src/index.ts';
import { VirtualClock } from './virtual-clock.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const prefixes = (count: number, asn: number): string =>
  Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0\t24\t${asn}\n`).join('');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const errorOf = (work: Promise<unknown>): Promise<DatasetError> =>
  work.then(
    () => {
      throw new Error('no error');
    },
    (error: unknown) => {
      if (error instanceof DatasetError) return error;
      throw error;
    },
  );

let directory: string;
let clock: VirtualClock;
let store: DatasetStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-datasets-'));
  clock = new VirtualClock(START);
  store = new DatasetStore({ directory }, { clock });
  await store.open();
});
afterEach(() => rmSync(directory, { recursive: true }));
const currentOf = (kind: string) => store.status().find((status) => status.kind === kind)?.current;
const firstOrigin = (): number | undefined => store.values.prefix2as?.columns.values[0];

describe('scheduled updates', () => {
  /** Hours after the start at which each request was made. */
  let requests: number[];
  let failures: unknown[];
  let hanging: number;
  let random: number;
  /** Schedules that run. */
  let schedules: number;
  let answer: (request: number, signal: AbortSignal | null | undefined) => Promise<Response>;
  let updater: DatasetUpdater;
  beforeEach(() => {
    [requests, failures, hanging, random, schedules] = [[], [], 0, 0.5, 1];
    answer = async () => new Response(prefixes(10, 7));
  });
  afterEach(() => updater.stop());

  const start = (sources: DatasetSources): void => {
    updater = new DatasetUpdater(sources, {
      store,
      clock,
      fetch: async (_url, init) => answer(requests.push((clock.now() - START) / HOUR), init?.signal),
      random: () => random,
      onFailure: (_kind, error) => failures.push(error),
    });
    updater.start();
  };
  const daily = { url: 'https://example.org/file', everyHours: 24 };
  const hangs = (signal: AbortSignal | null | undefined): Promise<Response> => {
    signal?.throwIfAborted();
    hanging++;
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        hanging--;
        reject(new Error('aborted'));
      });
    });
  };
  /** Waits until every schedule sleeps, or a download hangs. */
  const settle = async (): Promise<void> => {
    for (let tries = 0; tries < 100_000; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.wakingWithin(MINUTE) >= schedules || hanging > 0) return;
    }
    throw new Error('the schedule does not sleep');
  };
  const advance = (milliseconds: number): Promise<void> => clock.advance(milliseconds, settle);

  it('download what is missing at once, and again when it is as old as configured', async () => {
    start({ prefix2as: daily });
    await advance(73 * HOUR);
    expect(requests).toEqual([0, 24, 48, 72]);
    expect(currentOf('prefix2as')).toMatchObject({ entries: 10, importedAt: '2026-01-04T00:00:00.000Z' });
    expect(failures).toEqual([]);
  });

  it('download nothing while the file of an earlier process is recent enough', async () => {
    start({ prefix2as: daily });
    await advance(HOUR);
    await updater.stop();
    start({ prefix2as: daily });
    await advance(22 * HOUR);
    expect(requests).toEqual([0]);
    await advance(2 * HOUR);
    expect(requests).toEqual([0, 24]);
  });

  it('download once for two processes that use the same directory, also when both begin at once', async () => {
    answer = async () => new Response(prefixes(10, requests.length));
    start({ prefix2as: daily });
    const [first, theirs] = [updater, new DatasetStore({ directory }, { clock })];
    await theirs.open();
    updater = new DatasetUpdater(
      { prefix2as: daily },
      {
        store: theirs,
        clock,
        fetch: async () => answer(requests.push((clock.now() - START) / HOUR), undefined),
        random: () => random,
        onFailure: (_kind, error) => failures.push(error),
      },
    );
    updater.start();
    schedules = 2;
    await advance(25 * HOUR);
    await first.stop();
    schedules = 1;
    await advance(25 * HOUR);
    expect(requests.map(Math.round)).toEqual([0, 24, 48]);
    expect(failures).toEqual([]);
    expect(theirs.values.prefix2as?.columns.values[0]).toBe(3);
  });

  it('download although a process that was killed has claimed it, when that claim is over', async () => {
    const release = await store.claimDownload('prefix2as', HOUR / 2);
    expect(release).toBeDefined();
    start({ prefix2as: daily });
    await advance(HOUR);
    expect(requests.map((at) => Math.round(at * 60))).toEqual([30]);
  });

  it.each(['', 'x', '2999-01-01T00:00:00.000Z'])('do not respect the claim %j', async (text) => {
    writeFileSync(join(directory, 'prefix2as.download'), text);
    start({ prefix2as: daily });
    await advance(MINUTE);
    expect(requests).toEqual([0]);
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
  });

  it('wait as after any failure while the download cannot be claimed', async () => {
    random = 1;
    const claim = join(directory, 'prefix2as.download');
    mkdirSync(claim);
    start({ prefix2as: daily });
    await advance(100);
    expect(failures).toHaveLength(1);
    await advance(HOUR);
    expect(failures).toHaveLength(3);
    expect(store.status()[0].failure).toMatchObject({ code: 'failed', message: expect.stringContaining('EISDIR') });
    rmSync(claim, { recursive: true });
    await advance(HOUR);
    expect(requests).toEqual([1.75]);
    expect(store.status()[0].failure).toBeUndefined();
  });

  it('end without an error when the claim cannot be given back', async () => {
    answer = async () => {
      rmSync(join(directory, 'prefix2as.download'));
      mkdirSync(join(directory, 'prefix2as.download'));
      return new Response(prefixes(10, 7));
    };
    start({ prefix2as: daily });
    await advance(HOUR);
    expect([requests, failures, firstOrigin()]).toEqual([[0], [], 7]);
  });

  it('have a claim that lasts longer than the longest download', async () => {
    let leftMs = 0;
    answer = async () => {
      const [until] = readFileSync(join(directory, 'prefix2as.download'), 'utf8').split('\n');
      leftMs = Date.parse(until) - clock.now();
      return new Response(prefixes(10, 7));
    };
    start({ prefix2as: daily });
    await settle();
    expect(leftMs).toBe(HOUR);
  });

  it('download a file whose time of import lies in the future', async () => {
    start({ prefix2as: daily });
    await advance(HOUR);
    await updater.stop();
    // The store keeps the time of the other clock.
    clock = new VirtualClock(START - 1_000 * HOUR);
    requests = [];
    start({ prefix2as: daily });
    await advance(HOUR);
    expect(requests).toHaveLength(1);
  });

  for (const [name, value, share] of [
    ['half', 0, 0.5],
    ['all', 1, 1],
  ] as const)
    it(`wait longer after each failure in a row: at random, ${name} of the longest time`, async () => {
      random = value;
      answer = async () => new Response(null, { status: 503 });
      start({ prefix2as: daily });
      await advance(60 * HOUR);
      const gaps = requests.slice(1).map((at, i) => at - requests[i]);
      const longest = [0.25, 0.5, 1, 2, 4, 8, 12, 12, 12, 12];
      expect(gaps.length).toBeGreaterThan(7);
      for (const [i, gap] of gaps.entries()) expect(gap).toBeCloseTo(share * longest[Math.min(i, 9)], 5);
      expect(failures).toHaveLength(requests.length);
      expect(store.status()[0].failure?.code).toBe('downloadFailed');
    });

  it('begin with the shortest wait again after a success', async () => {
    random = 1;
    const bad = new Set([1, 2, 4]);
    answer = async (request) => new Response(bad.has(request) ? '' : prefixes(10, request));
    start({ prefix2as: daily });
    await advance(26 * HOUR);
    expect(requests).toEqual([0, 0.25, 0.75, 24.75, 25]);
    expect(firstOrigin()).toBe(5);
  });

  it('download one kind at a time, also when people ask for it', async () => {
    let release: () => void = () => undefined;
    answer = () => {
      hanging++;
      return new Promise((resolve) => {
        release = () => {
          hanging--;
          resolve(new Response(prefixes(10, 7)));
        };
      });
    };
    start({ prefix2as: daily });
    await settle();
    const asked = [updater.update('prefix2as'), updater.update('prefix2as')];
    await settle();
    expect(requests).toHaveLength(1);
    release();
    const [first, second] = await Promise.all(asked);
    expect(first).toBe(second);
    await settle();
    expect(requests).toHaveLength(1);
  });

  it('end a download that takes longer than half an hour', async () => {
    answer = (request, signal) => (request === 1 ? hangs(signal) : Promise.resolve(new Response(prefixes(10, 7))));
    start({ prefix2as: daily });
    await advance(29 * MINUTE);
    expect([requests.length, hanging]).toEqual([1, 1]);
    await advance(HOUR);
    expect([requests.length, hanging, firstOrigin()]).toEqual([2, 0, 7]);
  });

  it('end with the downloads under way when they are stopped', async () => {
    answer = (_request, signal) => hangs(signal);
    start({ prefix2as: daily, ipasn: daily });
    const asked = errorOf(updater.update('ipasn'));
    await settle();
    await updater.stop();
    expect((await asked).code).toBe('cancelled');
    expect(hanging).toBe(0);
    expect(failures).toEqual([]);
    expect((await errorOf(updater.update('mmdb'))).code).toBe('cancelled');
    const before = requests.length;
    await clock.advance(100 * HOUR, () => new Promise((resolve) => setImmediate(resolve)));
    expect(requests).toHaveLength(before);
  });
});

describe('downloads', () => {
  let url: string;
  let close: () => Promise<void>;
  let authorization: string | undefined;
  const files = new Map<string, { readonly body: string; readonly announced?: number }>();
  beforeEach(async () => {
    files.clear();
    const server = createServer(({ url: target = '', headers }, response) => {
      authorization = headers.authorization;
      const found = files.get(target.replace(/\?.*/, ''));
      if (found === undefined) return response.writeHead(404).end();
      response.writeHead(200, { 'content-length': found.announced ?? Buffer.byteLength(found.body) });
      if (found.announced === undefined) return response.end(found.body);
      return response.write(found.body, () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => new Promise((resolve) => server.close(() => resolve()));
  });
  afterEach(() => close());
  const updater = (more: object = {}): DatasetUpdater =>
    new DatasetUpdater(
      { prefix2as: { url: `${url}/file`, everyHours: 24, ...more } },
      { store, clock, fetch, random: () => 0.5, onFailure: () => undefined },
    );

  it('check the file against the published checksum', async () => {
    const body = prefixes(10, 7);
    files.set('/file', { body });
    files.set('/file.sha256', { body: `${sha256(body)}  file\n` });
    const { from, entries } = await updater({ sha256Url: `${url}/file.sha256` }).update('prefix2as');
    expect([from, entries]).toEqual([url, 10]);
    files.set('/file', { body: prefixes(10, 8) });
    expect(await errorOf(updater({ sha256Url: `${url}/file.sha256` }).update('prefix2as'))).toMatchObject({
      code: 'checksumMismatch',
      details: { expected: sha256(body), actual: sha256(prefixes(10, 8)) },
    });
    files.set('/file.sha256', { body: 'x'.repeat(1_000_000) });
    const noSum = await errorOf(updater({ sha256Url: `${url}/file.sha256` }).update('prefix2as'));
    expect(noSum.code).toBe('downloadFailed');
    expect(firstOrigin()).toBe(7);
  });

  it('replace nothing when the body ends early, or there is no file, server or source', async () => {
    files.set('/file', { body: prefixes(10, 7) });
    await updater().update('prefix2as');
    files.set('/file', { body: prefixes(5, 8), announced: 1_000 });
    expect((await errorOf(updater().update('prefix2as'))).code).toBe('truncated');
    files.delete('/file');
    expect(await errorOf(updater().update('prefix2as'))).toMatchObject({
      code: 'downloadFailed',
      details: { origin: url, status: 404 },
    });
    expect(await errorOf(updater({ url: 'http://127.0.0.1:1/file' }).update('prefix2as'))).toMatchObject({
      code: 'downloadFailed',
      details: { origin: 'http://127.0.0.1:1' },
    });
    expect((await errorOf(updater().update('itdkNodes'))).code).toBe('notConfigured');
    expect(firstOrigin()).toBe(7);
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
  });

  it('never show user names, passwords, paths or queries of a URL', async () => {
    const secret = `${url.replace('//', '//hush:h%C3%BCsh@')}/hush?token=hush`;
    files.set('/hush', { body: prefixes(10, 7) });
    await updater({ url: secret }).update('prefix2as');
    expect(authorization).toBe(`Basic ${Buffer.from('hush:hüsh').toString('base64')}`);
    const shown: unknown[] = [store.status()];
    const fails = async (more: object): Promise<void> => {
      shown.push(inspect(await errorOf(updater({ url: secret, ...more }).update('prefix2as')), { depth: 9 }));
      shown.push(store.status());
    };
    await fails({ sha256Url: secret });
    files.set('/hush', { body: prefixes(5, 8), announced: 1_000 });
    await fails({});
    files.clear();
    await fails({});
    await fails({ url: 'http://hush:hush@127.0.0.1:1/hush?token=hush' });
    const text = inspect(shown, { depth: 9 });
    expect(text).toContain(url);
    expect(text).not.toMatch(/hush|h%C3|hüsh/);
  });
});
