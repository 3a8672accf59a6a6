import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '@revtr/probing';
import { ArchiveRecords, encodeRecord, lockDirectory, openDatabase, Users } from '@revtr/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PublicArchive } from '../src/archive/public-archive.ts';
import { addResults, addSources, archiveParts, PRIVATE_SOURCE, userOf } from './archived-results.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const NOW = Date.UTC(2026, 10, 26, 23, 55);
const at = (seconds: number): Date => new Date(NOW + seconds * 1_000);
const never = new AbortController().signal;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-archive-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const json = (path: string) => JSON.parse(readFileSync(join(directory, path), 'utf8'));
const rowsIn = (path: string): { id: number; src: string; label: string; fail_reason: string }[] =>
  gunzipSync(readFileSync(join(directory, path)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
/** All files that the catalogues name, which must be all that there are. */
function listed(): { path: string; format: string; rows: number; bytes: number; sha256: string }[] {
  const files = json('catalogue.json').days.flatMap(({ catalogue }: { catalogue: string }) => json(catalogue).files);
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(gz|parquet)$/.test(path),
  );
  expect(found.toSorted()).toEqual(files.map(({ path }: { path: string }) => path).toSorted());
  return files;
}
const archivedIds = (): number[] =>
  listed()
    .filter(({ format }) => format === 'archive')
    .flatMap(({ path }) => rowsIn(path))
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);

describe('the public archive', () => {
  const database = useDatabase();
  const archiveWith = (more: Parameters<typeof archiveParts>[1] = {}, mostResults = 100) =>
    new PublicArchive({ directory, mostResults }, archiveParts(database(), more));
  const agree = async (email: string, when: Date | null): Promise<void> => {
    const user = await new Users(database().db).findByEmail(email);
    await new ArchiveRecords(database().db).setConsent(user?.id ?? 0, when);
  };
  /** Adds results of the user who agrees: three, unless said otherwise. */
  const addConsented = (more: Partial<Parameters<typeof addResults>[1]> = {}) =>
    addResults(database(), { email: 'yes@example.org', count: 3, acceptedAt: at(0), endedAt: at(60), ...more });
  beforeEach(async () => {
    await addSources(database());
    for (const email of ['yes@example.org', 'no@example.org']) await new Users(database().db).ensure(userOf(email));
    await agree('yes@example.org', at(-100));
  });

  it('has the results that their users agreed to, by day, each once, and describes its files', async () => {
    const first = await addConsented({ count: 120 });
    const second = await addConsented({ count: 5, acceptedAt: at(1), endedAt: at(360) });
    const archive = archiveWith();
    await archive.run(never);
    await archive.run(never);
    const opted = first[7];
    expect(archivedIds()).toEqual([...first, ...second].filter((id) => id !== opted).toSorted((a, b) => a - b));
    const days = json('catalogue.json').days;
    expect(days.map(({ day, files, results }: Record<string, unknown>) => [day, files, results])).toEqual([
      ['2026-11-26', 4, 119],
      ['2026-11-27', 2, 5],
    ]);
    for (const { path, bytes, sha256 } of listed()) {
      const content = readFileSync(join(directory, path));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    const [{ from, to, schemaVersion }] = json('2026/11/27/catalogue.json').files;
    expect([from, to, schemaVersion]).toEqual(['2026-11-27T00:00:59.600Z', '2026-11-27T00:00:59.913Z', 1]);
    expect(readdirSync(join(directory, '.unplaced'))).toEqual([]);
  });

  it('has nothing of users who did not agree, from before they agreed, of private sources, or that was cancelled', async () => {
    const more = { acceptedAt: at(0), endedAt: at(60), count: 3 };
    await addResults(database(), { ...more, email: 'no@example.org' });
    await addResults(database(), { ...more, email: 'yes@example.org', acceptedAt: at(-200) });
    await addResults(database(), { ...more, email: 'yes@example.org', source: PRIVATE_SOURCE });
    await addResults(database(), { ...more, email: 'yes@example.org', stopReason: 'cancelled' });
    await archiveWith().run(never);
    expect(listed()).toEqual([]);
    expect((await new ArchiveRecords(database().db).totals()).pending).toBe(0);
  });

  it('has nothing that its user withdrew, or whose source became private, before it was written', async () => {
    await addConsented();
    await agree('yes@example.org', null);
    await archiveWith().run(never);
    await agree('yes@example.org', at(100));
    await addConsented({ acceptedAt: at(200), endedAt: at(260) });
    const { rules } = archiveParts(database());
    await archiveWith({ rules: { ...rules, isPublicSource: () => false } }).run(never);
    expect(listed()).toEqual([]);
  });

  it('leaves out a result that cannot be read, and has those after it', async () => {
    const [bad, ...good] = await addConsented();
    const record = encodeRecord({ hops: 7 });
    await database().db.updateTable('results').set({ record }).where('id', '=', bad).execute();
    await archiveWith().run(never);
    expect(archivedIds()).toEqual(good);
  });

  it('tells neither label nor batch', async () => {
    const ids = await addConsented();
    await archiveWith().run(never);
    const [file] = listed();
    expect(rowsIn(file.path)[0]).toMatchObject({
      ...{ id: ids[0], label: '', src: '192.0.2.9', dst: '198.51.100.0', stop_reason: 'REACHES', runtime: 312_500_000 },
      date: Math.floor((NOW + 59_600) / 1_000),
    });
    for (const { path } of listed()) expect(readFileSync(join(directory, path)).includes('private label')).toBe(false);
  });

  it('tells why a path is not complete, but no message that names a user', async () => {
    const [hop, stopReason] = ['198.51.100.0', 'failed'];
    const ofUser = 'the budget of the user 42, 100 packets per day, is exhausted until 2026-11-29T00:00:00Z';
    const ofPath = 'no technique found a hop behind 198.51.100.0';
    await addConsented({ stopReason, failReason: { code: 'budgetExhausted', message: ofUser, hop } });
    await archiveWith().run(never);
    await addConsented({ stopReason, failReason: { code: 'noHops', message: ofPath, hop } });
    await archiveWith().run(never);
    const [hidden, shown] = listed().filter(({ format }) => format === 'archive');
    expect(rowsIn(hidden.path)[0].fail_reason).toBe('the measurement could not be completed');
    expect(rowsIn(shown.path)[0].fail_reason).toBe(ofPath);
    for (const { path } of listed()) expect(readFileSync(join(directory, path)).includes('the user 42')).toBe(false);
  });

  it('tries again after a failure, and says so in its metrics', async () => {
    const ids = await addConsented();
    mkdirSync(join(directory, '2026'));
    writeFileSync(join(directory, '2026', '11'), 'a file in the place of a directory');
    const archive = archiveWith();
    await expect(archive.run(never)).rejects.toThrow();
    expect(archive.failure).toBeDefined();
    rmSync(join(directory, '2026'), { recursive: true });
    await archive.run(never);
    expect([archive.failure, archivedIds()]).toEqual([undefined, ids]);
  });

  it('leaves a file alone that another archive on the same database has not placed yet', async () => {
    const [records, path] = [new ArchiveRecords(database().db), '2026/11/26/20261126T000000Z-1.parquet'];
    await records.commit(
      [],
      [
        {
          ...{ path, day: '2026-11-26', format: 'paths', rows: 1, bytes: 1, sha256: '', schema_version: 1 },
          ...{ first_at: at(0), last_at: at(0), written_at: at(0) },
        },
      ],
    );
    const ids = await addConsented({ endedAt: at(360) });
    await archiveWith().run(never);
    expect(await records.unplaced()).toMatchObject([{ path }]);
    expect((await records.filesOf('2026-11-27')).map(({ rows, is_placed }) => [rows, is_placed])).toEqual([
      [ids.length, true],
      [ids.length, true],
    ]);
  });

  it('has nothing of a source that another process has made private, and of which nobody has told this one', async () => {
    await addConsented();
    const { rules } = archiveParts(database());
    let isPublic = true;
    const isPublicSource = (): boolean => isPublic;
    const refreshRules = async (): Promise<void> => {
      isPublic = false;
    };
    await archiveWith({ rules: { ...rules, isPublicSource }, refreshRules }).run(never);
    expect(listed()).toEqual([]);
  });

  it('loses nothing, and has nothing twice, when another process writes it at the same time', async () => {
    const ids = await addConsented({ count: 20 });
    const [reading, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    /** Begins when the first one is in the middle of a file, and writes the same results, which the first one records before it. */
    class Second extends ArchiveRecords {
      override async measurements(...args: Parameters<ArchiveRecords['measurements']>) {
        const rows = await super.measurements(...args);
        reading.resolve();
        await committed.promise;
        return rows;
      }
    }
    const later = { ...systemClock, now: () => systemClock.now() + 5_000 };
    const second = archiveWith({ records: new Second(database().db), clock: later });
    let secondRun: Promise<void> | undefined;
    class First extends ArchiveRecords {
      override async measurements(...args: Parameters<ArchiveRecords['measurements']>) {
        secondRun ??= second.run(never);
        await reading.promise;
        return super.measurements(...args);
      }

      override async commit(...args: Parameters<ArchiveRecords['commit']>) {
        const isDone = await super.commit(...args);
        committed.resolve();
        return isDone;
      }
    }
    await archiveWith({ records: new First(database().db) }).run(never);
    await secondRun;
    expect(archivedIds()).toEqual(ids.filter((_, i) => i !== 7));
    expect(await new ArchiveRecords(database().db).unplaced()).toEqual([]);
    expect(readdirSync(join(directory, '.unplaced'))).toEqual([]);
  });

  it('keeps what one process has recorded when another one removes the same file, which it could not record', async () => {
    const ids = await addConsented();
    const [written, recorded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    class Second extends ArchiveRecords {
      override async commit(...args: Parameters<ArchiveRecords['commit']>) {
        written.resolve();
        await recorded.promise;
        return super.commit(...args);
      }
    }
    const clock = { ...systemClock, now: () => NOW };
    const second = archiveWith({ records: new Second(database().db), clock }).run(never);
    /** Does not give its files their names before the second one has removed its own. */
    class First extends ArchiveRecords {
      override async commit(...args: Parameters<ArchiveRecords['commit']>) {
        await written.promise;
        const isDone = await super.commit(...args);
        recorded.resolve();
        await second;
        return isDone;
      }
    }
    await archiveWith({ records: new First(database().db), clock }).run(never);
    expect(archivedIds()).toEqual(ids);
    expect(readdirSync(join(directory, '.unplaced'))).toEqual([]);
  });

  it('loses nothing while a process of the previous version empties its own directory of unfinished files, and places what that one left', async () => {
    const ids = await addConsented();
    const former = join(directory, '.writing');
    class Emptied extends ArchiveRecords {
      override async commit(...args: Parameters<ArchiveRecords['commit']>) {
        if (existsSync(former)) rmSync(former, { recursive: true });
        return super.commit(...args);
      }
    }
    const records = new Emptied(database().db);
    await archiveWith({ records }).run(never);
    expect(archivedIds()).toEqual(ids);
    const [path, content] = ['2026/11/26/20261126T000000Z-1.parquet', 'recorded, and not placed'];
    await records.commit(
      [],
      [
        {
          ...{ path, day: '2026-11-26', format: 'paths', rows: 1, bytes: content.length, sha256: '' },
          ...{ schema_version: 1, first_at: at(0), last_at: at(0), written_at: at(0) },
        },
      ],
    );
    mkdirSync(former, { recursive: true });
    for (const name of [path.replaceAll('/', '-'), 'under-way.parquet', 'abandoned.parquet'])
      writeFileSync(join(former, name), content);
    utimesSync(join(former, 'abandoned.parquet'), 0, 0);
    await archiveWith().run(never);
    expect(readFileSync(join(directory, path), 'utf8')).toBe(content);
    expect(readdirSync(former)).toEqual(['under-way.parquet']);
  });

  it('is written by one process', async () => {
    const [one, other] = [archiveWith(), archiveWith()];
    await one.start();
    await expect(other.start()).rejects.toMatchObject({ code: 'directoryInUse' });
    await one.stop();
  });

  it('is written by processes of a cluster in turn: each has the directory during a run only', async () => {
    const [reading, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    class Slow extends ArchiveRecords {
      override async firstPendingDay() {
        reading.resolve();
        await mayGoOn.promise;
        return super.firstPendingDay();
      }
    }
    const sharedWith = (more: Parameters<typeof archiveParts>[1]) =>
      new PublicArchive({ directory, everyMs: 1_000, isShared: true }, archiveParts(database(), more));
    const [oneClock, clock] = [new ManualClock(), new ManualClock()];
    const one = sharedWith({ records: new Slow(database().db), clock: oneClock });
    const other = sharedWith({ clock });
    await one.start();
    await reading.promise;
    await expect(other.start()).rejects.toMatchObject({ code: 'directoryInUse' });
    mayGoOn.resolve();
    await vi.waitFor(() => expect(oneClock.sleeping).toBe(1));
    await other.start();
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));

    const unlock = lockDirectory(directory);
    await clock.advance(1_000);
    await vi.waitFor(() => expect(other.failure).toContain('has the directory'));
    unlock();
    const ids = await addConsented();
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    await clock.advance(1_000);
    await vi.waitFor(() => expect(other.failure).toBeUndefined());
    expect(archivedIds()).toEqual(ids);
    await Promise.all([one.stop(), other.stop()]);
  });

  it('does not start where it cannot write', async () => {
    writeFileSync(join(directory, 'file'), '');
    const options = { directory: join(directory, 'file'), isShared: true };
    await expect(new PublicArchive(options, archiveParts(database())).start()).rejects.toThrow('EEXIST');
  });
});

describe('a process that is killed', () => {
  it('loses no result and writes none twice, wherever it was in its work', async () => {
    const data = mkdtempSync(join(tmpdir(), 'revtr-archive-data-'));
    const database = await openDatabase({ kind: 'embedded', directory: data });
    await addSources(database);
    const more = { email: 'yes@example.org', acceptedAt: at(0), endedAt: at(60) };
    const user = await new Users(database.db).ensure(userOf(more.email));
    await new ArchiveRecords(database.db).setConsent(user.id, at(-100));
    const ids = await addResults(database, { ...more, count: 350 });
    await database.close();
    const writer = join(import.meta.dirname, 'archive-writer.ts');
    const ends: unknown[] = [];
    for (const point of ['whileWriting', 'afterCommit', 'beforeMark', 'never']) {
      const child = spawn(process.execPath, [writer, data, directory, point], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      ends.push(await once(child, 'close'));
    }
    expect(ends).toEqual([...Array.from({ length: 3 }, () => [null, 'SIGKILL']), [0, null]]);
    expect(archivedIds()).toEqual(ids.filter((_, i) => i !== 7).toSorted((a, b) => a - b));
    rmSync(data, { recursive: true });
  }, 300_000);
});
