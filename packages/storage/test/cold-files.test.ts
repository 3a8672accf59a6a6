import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ColdFiles } from '../src/index.ts';
import { directoryPlace, filesIn, pathsIn, s3Place, type TestPlace } from './cold-places.ts';
import { S3Server } from './s3-server.ts';

const { signal } = new AbortController();
const PATH = '2026/01/02/7-00ff.parquet';
const BYTES = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 251);

/** What every place of cold results must do. */
function conformance(name: string, open: () => Promise<() => TestPlace>, close: () => Promise<void>): void {
  describe(name, () => {
    let newPlace: () => TestPlace;
    let place: TestPlace;
    let files: ColdFiles;
    beforeAll(async () => {
      newPlace = await open();
    });
    afterAll(close);
    beforeEach(() => {
      place = newPlace();
      files = filesIn(place.name);
      return () => place.remove();
    });

    const put = async (path: string, ...parts: Uint8Array[]): Promise<void> => {
      const file = await files.create(path, signal);
      for (const part of parts) await file.write(part);
      await file.end();
    };

    it('is new until it belongs to a database', async () => {
      expect(await files.identity(signal)).toBeUndefined();
      await files.identify('an id', signal);
      expect(await filesIn(place.name).identity(signal)).toBe('an id');
      expect(await pathsIn(files)).toEqual([]);
    });

    it('returns what was written, in parts and to everybody', async () => {
      await put(PATH, BYTES.subarray(0, 10), BYTES.subarray(10, 11), BYTES.subarray(11));
      const other = filesIn(place.name);
      expect(await other.sizeOf(PATH, signal)).toBe(BYTES.length);
      for (const [start, end] of [
        [0, 2],
        [5, 20],
        [69_999, 70_000],
        [0, 70_000],
      ])
        expect(Buffer.from(await other.read(PATH, { start, end }, signal))).toEqual(
          Buffer.from(BYTES.subarray(start, end)),
        );
      expect(place.content(PATH)).toEqual(Buffer.from(BYTES));
    });

    it('shows no file before it has ended, and keeps none that was given up', async () => {
      await files.identify('an id', signal);
      const file = await files.create(PATH, signal);
      await file.write(BYTES);
      expect(await files.sizeOf(PATH, signal)).toBeUndefined();
      await expect(files.read(PATH, { start: 0, end: 10 }, signal)).rejects.toThrow();
      await file.abandon();
      await files.remove(PATH, signal);
      expect(await pathsIn(files)).toEqual([]);
    });

    it('lists and deletes files', async () => {
      const paths = [PATH, '2026/01/02/8-00ff.parquet', '2027/11/30/123456789-0123456789ab.parquet'];
      for (const path of paths) await put(path, BYTES.subarray(0, 5));
      await files.identify('an id', signal);
      expect((await pathsIn(files)).toSorted()).toEqual(paths);
      await files.remove(PATH, signal);
      await files.remove(PATH, signal);
      expect((await pathsIn(files)).toSorted()).toEqual(paths.slice(1));
      expect(await files.sizeOf(PATH, signal)).toBeUndefined();
    });

    it('lists more files than fit in one page', async () => {
      const paths = Array.from({ length: 1_003 }, (_, i) => `2026/01/02/${1_000 + i}-00ff.parquet`);
      for (const path of paths) await put(path, BYTES.subarray(0, 1));
      const pages: (readonly string[])[] = [];
      for await (const page of files.list(signal)) pages.push(page);
      expect(pages.map(({ length }) => length)).toEqual([1_000, 3]);
      expect(pages.flat().toSorted()).toEqual(paths);
    });

    it('tells a file that is too short from a missing one', async () => {
      await put(PATH, BYTES.subarray(0, 100));
      for (const [start, end] of [
        [90, 101],
        [100, 101],
        [500, 600],
      ])
        await expect(files.read(PATH, { start, end }, signal)).rejects.toThrow('too short');
      place.change(PATH, undefined);
      await expect(files.read(PATH, { start: 0, end: 1 }, signal)).rejects.not.toThrow('too short');
    });

    it('stops at once when its signal has fired', async () => {
      await put(PATH, BYTES);
      const aborted = AbortSignal.abort(new Error('enough'));
      await expect(files.read(PATH, { start: 0, end: 1 }, aborted)).rejects.toThrow('enough');
    });
  });
}

conformance(
  'a directory',
  async () => directoryPlace,
  async () => undefined,
);
let server: S3Server;
conformance(
  'an object store',
  async () => {
    server = await S3Server.start();
    return () => s3Place(server);
  },
  () => server.stop(),
);
