import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError, type DatasetKind, DatasetStore, DatasetUpdater } from '../src/index.ts';

const file = (content: string | Uint8Array): Readable => Readable.from([Buffer.from(content)]);
const prefixes = (count: number, asn = 1): string =>
  Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0\t24\t${asn}\n`).join('');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof DatasetError ? error.code : String(error)),
  );

describe('store of datasets', () => {
  let directory: string;
  let store: DatasetStore;
  let replaced: DatasetKind[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-datasets-'));
    store = new DatasetStore({ directory });
    replaced = [];
    store.onReplaced((kind) => replaced.push(kind));
    await store.open();
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const firstOrigin = (): number | undefined => store.values.prefix2as?.columns.values[0];
  const statusOf = (kind: DatasetKind) => store.status().find((status) => status.kind === kind);

  it('uses a file at once, and again after a restart', async () => {
    await store.import('prefix2as', file(gzipSync(prefixes(10, 7))), { from: 'import' });
    expect(firstOrigin()).toBe(7);
    expect(replaced).toEqual(['prefix2as']);
    expect(statusOf('prefix2as')).toMatchObject({ current: { entries: 10, from: 'import' }, failure: undefined });
    const again = new DatasetStore({ directory });
    await again.open();
    expect(again.values.prefix2as?.columns.values[0]).toBe(7);
    expect(again.status().find(({ kind }) => kind === 'prefix2as')).toEqual(statusOf('prefix2as'));
  });

  it('keeps the last good one when a file is cut, wrong, empty, too small, or not the one announced', async () => {
    await store.import('prefix2as', file(prefixes(100, 7)), { from: 'import' });
    const before = statusOf('prefix2as')?.current;
    const packed = gzipSync(prefixes(100, 8));
    const bad: [string | Uint8Array, string, object][] = [
      [packed.subarray(0, packed.length - 9), 'truncated', {}],
      [`${prefixes(100, 8)}1.2.3`, 'badLine', {}],
      ['<html></html>', 'badLine', {}],
      ['', 'empty', {}],
      ['# nothing\n', 'empty', {}],
      [prefixes(20, 8), 'tooSmall', {}],
      [prefixes(100, 8), 'checksumMismatch', { sha256: sha256('something else') }],
    ];
    for (const [content, code, options] of bad) {
      expect(await codeOf(store.import('prefix2as', file(content), { from: 'import', ...options }))).toBe(code);
      expect(firstOrigin()).toBe(7);
      expect(statusOf('prefix2as')?.current).toEqual(before);
      expect(statusOf('prefix2as')?.failure?.code).toBe(code);
    }
    expect(replaced).toEqual(['prefix2as']);
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
    const good = prefixes(20, 9);
    await store.import('prefix2as', file(good), {
      from: 'import',
      sha256: sha256(good).toUpperCase(),
      mayShrink: true,
    });
    expect([firstOrigin(), statusOf('prefix2as')?.failure]).toEqual([9, undefined]);
  });

  it('keeps the last good one when the reader of a file breaks off', async () => {
    await store.import('prefix2as', file(prefixes(10, 7)), { from: 'import' });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from(prefixes(10, 8));
        throw new Error('the connection was lost');
      })(),
    );
    await expect(store.import('prefix2as', broken, { from: 'import' })).rejects.toThrow('the connection was lost');
    expect(firstOrigin()).toBe(7);
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
  });

  it('takes the last of several imports of one kind at once', async () => {
    const asns = [1, 2, 3, 4, 5];
    await Promise.all(asns.map((asn) => store.import('prefix2as', file(prefixes(10, asn)), { from: 'import' })));
    expect(firstOrigin()).toBe(5);
    expect(readFileSync(join(directory, 'prefix2as'), 'utf8')).toBe(prefixes(10, 5));
  });

  it('reads files that were put there by hand, and tells which it cannot', async () => {
    writeFileSync(join(directory, 'prefix2as'), prefixes(3, 7));
    writeFileSync(join(directory, 'midarSets'), 'nonsense\n');
    await store.open();
    expect(statusOf('prefix2as')?.current).toMatchObject({
      entries: 3,
      from: 'directory',
      sha256: sha256(prefixes(3, 7)),
    });
    expect(statusOf('midarSets')).toMatchObject({ current: undefined, failure: { code: 'badLine' } });
  });
});

describe('updates of datasets', () => {
  let directory: string;
  let store: DatasetStore;
  let url: string;
  let stop: () => Promise<void>;
  const files = new Map<string, { readonly body: string; readonly announced?: number }>();
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-datasets-'));
    store = new DatasetStore({ directory });
    await store.open();
    const server = createServer(({ url: path = '' }, response) => {
      const found = files.get(path);
      if (found === undefined) return response.writeHead(404).end();
      response.writeHead(200, { 'content-length': found.announced ?? Buffer.byteLength(found.body) });
      if (found.announced === undefined) return response.end(found.body);
      return response.write(found.body, () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stop = () => new Promise((resolve) => server.close(() => resolve()));
  });
  afterEach(async () => {
    await stop();
    rmSync(directory, { recursive: true });
  });
  const updater = (more: object = {}, failures: string[] = []): DatasetUpdater =>
    new DatasetUpdater(
      { prefix2as: { url: `${url}/file`, everyHours: 24, ...more } },
      { store, fetch, onFailure: (kind, error) => failures.push(`${kind} ${error}`) },
    );

  it('fetch a file and check it', async () => {
    const body = prefixes(10, 7);
    files.set('/file', { body });
    files.set('/file.sha256', { body: `${sha256(body)}  file\n` });
    const { from, entries } = await updater({ sha256Url: `${url}/file.sha256` }).update('prefix2as');
    expect([from, entries]).toEqual([`${url}/file`, 10]);
    files.set('/file', { body: prefixes(10, 8) });
    expect(await codeOf(updater({ sha256Url: `${url}/file.sha256` }).update('prefix2as'))).toBe('checksumMismatch');
    expect(store.values.prefix2as?.columns.values[0]).toBe(7);
  });

  it('replace nothing when the download breaks off, or there is no file or server', async () => {
    files.set('/file', { body: prefixes(10, 7) });
    await updater().update('prefix2as');
    files.set('/file', { body: prefixes(5, 8), announced: 1_000 });
    expect(await codeOf(updater().update('prefix2as'))).toBe('truncated');
    files.delete('/file');
    expect(await codeOf(updater().update('prefix2as'))).toBe('downloadFailed');
    expect(await codeOf(updater({ url: 'http://127.0.0.1:1/file' }).update('prefix2as'))).toBe('downloadFailed');
    expect(await codeOf(updater().update('itdkNodes'))).toBe('downloadFailed');
    expect(store.values.prefix2as?.columns.values[0]).toBe(7);
    expect(store.status()[0].failure?.code).toBe('downloadFailed');
  });

  it('by schedule fetch what is not there or too old, and nothing else', async () => {
    files.set('/file', { body: prefixes(10, 7) });
    const first = updater();
    first.start();
    for (let tries = 0; tries < 1_000 && store.values.prefix2as === undefined; tries++) await sleep(5);
    await first.stop();
    expect(store.values.prefix2as?.columns.values[0]).toBe(7);
    files.set('/file', { body: prefixes(10, 8) });
    const second = updater();
    second.start();
    await second.stop();
    expect(store.values.prefix2as?.columns.values[0]).toBe(7);
    const failures: string[] = [];
    const hasty = updater({ everyHours: 1e-9, url: `${url}/nothing` }, failures);
    hasty.start();
    for (let tries = 0; tries < 1_000 && failures.length === 0; tries++) await sleep(5);
    await hasty.stop();
    expect(failures[0]).toContain('answered 404');
  });
});
