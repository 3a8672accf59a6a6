import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError, type DatasetKind, DatasetStore } from '../src/index.ts';
import type { VirtualClock } from './virtual-clock.ts';

const clock: Pick<VirtualClock, 'now'> = { now: () => Date.parse('2026-01-01T00:00:00Z') };
const file = (content: string | Uint8Array): Readable => Readable.from([Buffer.from(content)]);
const prefixes = (count: number, asn = 1): string =>
  Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0\t24\t${asn}\n`).join('');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof DatasetError ? error.code : String(error)),
  );

describe('dataset store', () => {
  let directory: string;
  let store: DatasetStore;
  let replaced: DatasetKind[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-datasets-'));
    store = new DatasetStore({ directory }, { clock });
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
    const again = new DatasetStore({ directory }, { clock });
    await again.open();
    expect(again.values.prefix2as?.columns.values[0]).toBe(7);
    expect(again.status().find(({ kind }) => kind === 'prefix2as')).toEqual(statusOf('prefix2as'));
  });

  it('learns that another process has imported the same file again, and that this was possible', async () => {
    await store.import('prefix2as', file(prefixes(10)), { from: 'import' });
    const later = Date.parse('2026-03-01T00:00:00Z');
    const other = new DatasetStore({ directory }, { clock: { now: () => later } });
    await other.open();
    store.fail('prefix2as', new Error('no connection'));
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ failure: { message: 'no connection' } });
    await other.import('prefix2as', file(prefixes(10)), { from: 'import' });
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ failure: undefined });
    expect(Date.parse(statusOf('prefix2as')?.current?.importedAt ?? '')).toBe(later);
    expect(replaced).toEqual(['prefix2as']);
  });

  it('reads a file again only when it may be another one', async () => {
    await store.import('prefix2as', file(prefixes(10)), { from: 'import' });
    const path = join(directory, 'prefix2as');
    const [time, later] = [1_700_000_000, 1_700_000_001];
    utimesSync(path, time, time);
    const other = new DatasetStore({ directory }, { clock });
    await other.open();
    // Nobody writes into a file that is in use: this shows whether it is read.
    writeFileSync(path, 'x'.repeat(statSync(path).size));
    utimesSync(path, time, time);
    await other.refresh('prefix2as');
    expect(other.status()[0]).toMatchObject({ kind: 'prefix2as', failure: undefined });
    utimesSync(path, later, later);
    await other.refresh('prefix2as');
    expect(other.status()[0]).toMatchObject({ kind: 'prefix2as', failure: { code: 'badLine' } });
  });

  it('reads a faulty file once, and again when it is another one', async () => {
    writeFileSync(join(directory, 'prefix2as'), 'nonsense\n');
    await store.open();
    expect(statusOf('prefix2as')).toMatchObject({ failure: { code: 'badLine' } });
    store.fail('prefix2as', new Error('no connection'));
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ failure: { message: 'no connection' } });
    writeFileSync(join(directory, 'prefix2as'), 'other nonsense\n');
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ failure: { code: 'badLine' } });
    writeFileSync(join(directory, 'prefix2as'), prefixes(10));
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ current: { entries: 10 }, failure: undefined });
  });

  it('does not read again what it has imported', async () => {
    await store.import('prefix2as', file(prefixes(10)), { from: 'import' });
    const [path, copy] = [join(directory, 'prefix2as'), join(directory, 'copy')];
    execFileSync('cp', ['-p', path, copy]);
    // This shows whether the file is read, as above.
    writeFileSync(path, 'x'.repeat(statSync(path).size));
    execFileSync('touch', ['-r', copy, path]);
    await store.refresh('prefix2as');
    expect(statusOf('prefix2as')).toMatchObject({ current: { entries: 10 }, failure: undefined });
  });

  it('keeps the file in use when the new one is truncated, wrong, empty, too small, or has another checksum', async () => {
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

  it('keeps the file in use when the stream of the new one fails', async () => {
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

  it('uses the last of several simultaneous imports of one kind', async () => {
    const asns = [1, 2, 3, 4, 5];
    await Promise.all(asns.map((asn) => store.import('prefix2as', file(prefixes(10, asn)), { from: 'import' })));
    expect(firstOrigin()).toBe(5);
    expect(readFileSync(join(directory, 'prefix2as'), 'utf8')).toBe(prefixes(10, 5));
  });

  it('imports while another process with the same process id does so', async () => {
    const other = new DatasetStore({ directory }, { clock });
    await other.open();
    const imported = [store, other].map((each) => each.import('prefix2as', file(prefixes(10)), { from: 'import' }));
    expect(await Promise.all(imported)).toHaveLength(2);
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
  });

  it('leaves alone what another process may be writing as the description', async () => {
    mkdirSync(join(directory, 'prefix2as.json.part'));
    await store.import('prefix2as', file(prefixes(10, 7)), { from: 'import' });
    expect(firstOrigin()).toBe(7);
  });

  it('opens although another process has finished a part meanwhile', async () => {
    symlinkSync('gone', join(directory, 'prefix2as.1.part'));
    expect(await codeOf(store.open())).toBe('no error');
  });

  it('reads files that were put there by hand, and reports those that it cannot read', async () => {
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

  it('survives the failure of a stream that waits for an earlier import', async () => {
    let release: () => void = () => undefined;
    const slow = Readable.from(
      (async function* () {
        yield Buffer.from(prefixes(5, 1));
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        yield Buffer.from(prefixes(5, 1));
      })(),
    );
    const waiting = new Readable({ read: () => undefined });
    const first = store.import('prefix2as', slow, { from: 'import' });
    const second = store.import('prefix2as', waiting, { from: 'import' });
    waiting.destroy(new Error('the client disconnected'));
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await first;
    await expect(second).rejects.toThrow();
    expect(readdirSync(directory).sort()).toEqual(['prefix2as', 'prefix2as.json']);
  });

  it('creates files and directories for their owner only, and restricts a directory that exists', async () => {
    const modes = (): string[] =>
      [directory, ...readdirSync(directory).map((name) => join(directory, name))].map(modeOf);
    chmodSync(directory, 0o777);
    await store.open();
    let whileWriting: string[] = [];
    const content = Readable.from(
      (async function* () {
        yield Buffer.from(prefixes(5));
        while (readdirSync(directory).length === 0) await new Promise((resolve) => setImmediate(resolve));
        whileWriting = modes();
      })(),
    );
    await store.import('prefix2as', content, { from: 'import' });
    expect(whileWriting).toEqual(['700', '600']);
    expect(modes()).toEqual(['700', '600', '600']);
    const below = new DatasetStore({ directory: join(directory, 'a', 'b') }, { clock });
    await below.open();
    expect([modeOf(join(directory, 'a')), modeOf(join(directory, 'a', 'b'))]).toEqual(['700', '700']);
    const notOne = new DatasetStore({ directory: join(directory, 'prefix2as') }, { clock });
    expect(await codeOf(notOne.open())).toBe('badDirectory');
  });

  it('removes parts of files that an earlier process left a day ago', async () => {
    const [old, young] = ['prefix2as.1-0.part', 'prefix2as.2-0.part'].map((name) => join(directory, name));
    for (const path of [old, young]) writeFileSync(path, 'x');
    utimesSync(old, 0, clock.now() / 1000 - 90_000);
    utimesSync(young, 0, clock.now() / 1000 - 80_000);
    await store.open();
    expect(readdirSync(directory)).toEqual(['prefix2as.2-0.part']);
  });

  it('refuses a file that is larger than its limit', async () => {
    const small = new DatasetStore({ directory, mostFileBytes: 50 }, { clock });
    expect(await codeOf(small.import('prefix2as', file(prefixes(10)), { from: 'import' }))).toBe('tooLarge');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('shows the origin of a URL only, also for files that were stored with the whole URL', async () => {
    const from = 'https://user:hush@example.org:8443/hush/file?token=hush';
    await store.import('prefix2as', file(prefixes(3)), { from });
    expect(statusOf('prefix2as')?.current?.from).toBe('https://example.org:8443');
    const path = join(directory, 'prefix2as.json');
    expect(readFileSync(path, 'utf8')).not.toContain('hush');
    writeFileSync(path, JSON.stringify({ ...statusOf('prefix2as')?.current, from }));
    await store.open();
    expect(statusOf('prefix2as')?.current?.from).toBe('https://example.org:8443');
  });

  it('keeps the file in use and leaves no other file when the new one is cut at any position or changed at random', async () => {
    await store.import('midarSets', file('# set 1\n5.2.114.1\n5.2.114.9\n# end\n'), { from: 'import' });
    const packed = gzipSync('# set 1\n1.1.1.1\nnot an address\n# end\n');
    for (let length = 0; length < packed.length; length++) {
      const code = await codeOf(store.import('midarSets', file(packed.subarray(0, length)), { from: 'import' }));
      expect([length, code]).not.toEqual([length, 'no error']);
      expect([length, code]).not.toEqual([length, expect.stringContaining('Error')]);
    }
    expect(store.values.midarSets?.entries).toBe(1);
    expect(readdirSync(directory).sort()).toEqual(['midarSets', 'midarSets.json']);
  });
});

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
