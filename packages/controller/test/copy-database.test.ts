import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseLock, LastLockHolder, lockHolder, openDatabase } from '@revtr/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../storage/test/postgres-server.ts';
import { queryPostgres } from '../../storage/test/query-postgres.ts';
import { runAdoptAuthority } from '../src/commands/adopt-authority.ts';
import { readCopyRequest, runCopy } from '../src/commands/copy-database.ts';
import { openUnused } from '../src/commands/unused-database.ts';

describe('readCopyRequest', () => {
  it('takes two databases', () => {
    expect(readCopyRequest(['.revtr/data', 'postgres://revtr@localhost/revtr'])).toEqual({
      from: { kind: 'embedded', directory: '.revtr/data' },
      to: { kind: 'postgres', url: 'postgres://revtr@localhost/revtr' },
    });
  });

  it.each([
    { args: [], problem: 'takes two databases' },
    { args: ['data'], problem: 'takes two databases' },
    { args: ['data', ''], problem: 'takes two databases' },
    { args: ['data', 'other', 'third'], problem: 'takes two databases' },
    { args: ['data', 'data'], problem: 'the same database' },
    { args: ['data', 'memory:'], problem: 'stores nothing' },
    { args: ['memory:', 'data'], problem: 'stores nothing' },
    { args: ['data', 'other', '--force'], problem: 'no option --force' },
  ])('refuses $args', ({ args, problem }) => {
    expect(readCopyRequest(args)).toContain(problem);
  });

  it('does not take a mistyped URL for a directory', () => {
    expect(() => readCopyRequest(['data', 'postgres:/revtr@localhost/revtr'])).toThrow('neither postgres://');
    expect(() => readCopyRequest(['data', 'postgress://revtr@localhost/revtr'])).toThrow('neither postgres://');
  });
});

describe('runCopy', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-copy-command-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const run = (from: string, to: string) =>
    runCopy(
      { from: { kind: 'embedded', directory: from }, to: { kind: 'embedded', directory: to } },
      { write: () => undefined, signal: new AbortController().signal },
    );

  it('makes no database of a directory with other files', async () => {
    const other = join(directory, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), '');
    await expect(run(other, join(directory, 'new'))).rejects.toMatchObject({ code: 'noDatabase' });
    await (await openDatabase({ kind: 'embedded', directory: join(directory, 'data') })).close();
    await expect(run(join(directory, 'data'), other)).rejects.toMatchObject({ code: 'directoryNotEmpty' });
    expect(readdirSync(other)).toEqual(['notes.txt']);
  });

  describe('of PostgreSQL', () => {
    let server: Awaited<ReturnType<typeof startPostgres>>;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.stop());
    const query = (text: string) => queryPostgres(server.url, text);
    const settings = (url: string) => ({ kind: 'postgres', url }) as const;
    const options = { write: () => undefined, signal: new AbortController().signal };

    it.each([{ isShared: false }, { isShared: true }])(
      'refuses a database that a controller uses, and leaves it alone (of a cluster: $isShared)',
      async ({ isShared }) => {
        const lock = await DatabaseLock.tryTake({ url: server.url, isShared, holder: lockHolder() });
        const used = settings(server.url);
        await (await openDatabase({ kind: 'embedded', directory: join(directory, 'data') })).close();
        const embedded = { kind: 'embedded', directory: join(directory, 'data') } as const;
        const memory = { kind: 'memory' } as const;
        await expect(runCopy({ from: used, to: memory }, options)).rejects.toMatchObject({ code: 'databaseInUse' });
        await expect(runCopy({ from: embedded, to: used }, options)).rejects.toMatchObject({ code: 'databaseInUse' });
        expect(await query("select to_regclass('users') as users")).toEqual([{ users: null }]);
        await lock?.release();
      },
      60_000,
    );

    it('makes no tables in a database that no controller has used, such as a mistyped one', async () => {
      const from = settings(server.url);
      await expect(runCopy({ from, to: { kind: 'memory' } }, options)).rejects.toMatchObject({ code: 'noDatabase' });
      const adopt = { database: from, authority: join(directory, 'authority') };
      await expect(runAdoptAuthority(adopt, { ...options, now: new Date() })).rejects.toMatchObject({
        code: 'noDatabase',
      });
      expect(await query("select to_regclass('users') as users")).toEqual([{ users: null }]);
    });

    it('refuses two names of one database', async () => {
      await (await openDatabase(settings(server.url))).close();
      const other = server.url.replace('127.0.0.1', 'localhost');
      const copy = runCopy({ from: settings(server.url), to: settings(other) }, options);
      await expect(copy).rejects.toMatchObject({ code: 'sameDatabase' });
    });

    it('leaves the database that was copied to no controller that had lost its connection meanwhile', async () => {
      const database = await openDatabase(settings(server.url));
      const last = new LastLockHolder(database.db);
      await last.replace(1);
      await query(`insert into users (name, email, role, max_per_day, max_parallel, max_per_minute)
        values ('O', 'o@example.net', 'operator', 1, 1, 1)`);
      await runCopy({ from: settings(server.url), to: { kind: 'memory' } }, options);
      expect(await last.read()).not.toBe(1);
      await database.close();
    });

    it('is ended by a signal', async () => {
      const stop = new AbortController();
      stop.abort();
      const copy = runCopy({ from: settings(server.url), to: { kind: 'memory' } }, { ...options, signal: stop.signal });
      await expect(copy).rejects.toBe(stop.signal.reason);
    });

    it('keeps controllers away until it is closed, and says when it no longer can', async () => {
      const database = await openUnused(settings(server.url), {
        mustExist: false,
        holder: lockHolder(),
        signal: options.signal,
      });
      expect(await DatabaseLock.tryTake({ url: server.url, isShared: true, holder: lockHolder() })).toBeUndefined();
      expect(database.lost.aborted).toBe(false);
      await query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'");
      await expect.poll(() => database.lost.reason).toMatchObject({ code: 'databaseClosed' });
      await database.close();
    });
  });
});
