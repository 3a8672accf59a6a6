import { execFile, spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { compiledPrograms } from '../src/embedded/compiled-programs.ts';
import { EmptyCluster } from '../src/embedded/empty-cluster.ts';
import { Agents, openDatabase, parseDatabaseSettings, StorageError } from '../src/index.ts';

const writer = new URL('./kill-writer.ts', import.meta.url).pathname;

describe('embedded database on disk', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-embedded-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('refuses a second user of a directory', async () => {
    const first = await openDatabase({ kind: 'embedded', directory });
    await expect(openDatabase({ kind: 'embedded', directory })).rejects.toMatchObject({
      code: 'directoryInUse',
      details: { directory, owner: process.pid },
    });
    await first.close();
    await (await openDatabase({ kind: 'embedded', directory })).close();
  });

  it('takes over the lock of an earlier process with the same process number', async () => {
    // A program in a container often has the same process number after every start.
    writeFileSync(join(directory, 'revtr.lock'), String(process.pid));
    await (await openDatabase({ kind: 'embedded', directory })).close();
  });

  it.each([
    { from: 'nothing', isKept: false },
    { from: 'an empty cluster that was kept', isKept: true },
  ])('creates every file for its owner only, also files that it creates later, from $from', async ({ isKept }) => {
    const compiled = join(directory, 'compiled');
    vi.stubEnv('NODE_COMPILE_CACHE', isKept ? compiled : '');
    onTestFinished(() => void vi.unstubAllEnvs());
    if (isKept) await keepMarkedCluster(compiled);
    const home = join(directory, 'home');
    const parent = join(home, 'a', 'b');
    const database = await openDatabase({ kind: 'embedded', directory: parent });
    expect(await sql`select to_regclass('mark') is not null as "isKept"`.execute(database.db)).toMatchObject({
      rows: [{ isKept }],
    });
    await sql`create table later (x text)`.execute(database.db);
    await sql`insert into later select repeat('x', 1000) from generate_series(1, 30000)`.execute(database.db);
    await sql`select * from later order by md5(x)`.execute(database.db);
    await sql`vacuum full later`.execute(database.db);
    await sql`checkpoint`.execute(database.db);
    const whileOpen = modesBelow(home);
    await database.close();
    expect(whileOpen.files.length).toBeGreaterThan(900);
    expect(new Set(whileOpen.files)).toEqual(new Set(['600']));
    expect(new Set(whileOpen.directories)).toEqual(new Set(['700']));
  });

  it('restricts a directory and files that everybody could read before', async () => {
    const open = join(directory, 'open');
    await (await openDatabase({ kind: 'embedded', directory: open })).close();
    const outside = join(directory, 'outside');
    writeFileSync(outside, 'not part of the database');
    chmodSync(outside, 0o644);
    symlinkSync(outside, join(open, 'link'));
    for (const path of pathsBelow(open)) chmodSync(path, lstatSync(path).isDirectory() ? 0o777 : 0o666);
    chmodSync(open, 0o777);
    await (await openDatabase({ kind: 'embedded', directory: open })).close();
    const { files, directories } = modesBelow(open);
    expect([new Set(files), new Set(directories)]).toEqual([new Set(['600']), new Set(['700'])]);
    expect(lstatSync(open).mode & 0o777).toBe(0o700);
    expect(lstatSync(outside).mode & 0o777).toBe(0o644);
  });

  it('refuses a path that is no directory, and a directory of another user', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const refusal = { code: 'unsafeDirectory' };
    await expect(openDatabase({ kind: 'embedded', directory: file })).rejects.toMatchObject(refusal);
    await expect(openDatabase({ kind: 'embedded', directory: join(file, 'below') })).rejects.toMatchObject(refusal);
    const foreign = join(directory, 'foreign');
    mkdirSync(foreign);
    const getuid = process.getuid;
    process.getuid = () => lstatSync(foreign).uid + 1;
    try {
      await expect(openDatabase({ kind: 'embedded', directory: foreign })).rejects.toMatchObject(refusal);
    } finally {
      process.getuid = getuid;
    }
    expect(readdirSync(foreign)).toEqual([]);
  });

  it('has every acknowledged row after kill -9, and takes over the lock', async () => {
    const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let acknowledged = 0;
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        acknowledged += chunk.toString().split('\n').length - 1;
        if (acknowledged >= 200) child.kill('SIGKILL');
      });
      child.once('exit', () => resolve());
    });
    const database = await openDatabase({ kind: 'embedded', directory });
    const rows = await new Agents(database.db).list();
    await database.close();
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
  });

  it('runs without the code collection of V8 where that frees code twice', async () => {
    const program = join(directory, 'program.mjs');
    const index = JSON.stringify(new URL('../src/index.ts', import.meta.url));
    // Node.js itself runs WebAssembly while it loads TypeScript: only what follows is traced.
    const trace = "import { setFlagsFromString } from 'node:v8';\nsetFlagsFromString('--trace-wasm-code-gc');";
    const openTwice = "for (let i = 0; i < 2; i++) await (await openDatabase({ kind: 'memory' })).close();";
    writeFileSync(program, `import { openDatabase } from ${index};\n${trace}\n${openTwice}\n`);
    const run = promisify(execFile)(process.execPath, [program], { maxBuffer: 1e8 });
    // Node.js 24 has the defect; later versions collect as usual.
    expect((await run).stdout.includes('Starting GC')).toBe(!process.versions.v8.startsWith('13.'));
  });
});

describe('embedded databases in memory', () => {
  it('share nothing, although later ones start from a copy of an earlier one', async () => {
    const agent = { kind: 'source', hostname: 'h', site: 's', user_id: null, state: 'ready' } as const;
    const databases: Awaited<ReturnType<typeof openDatabase>>[] = [];
    for (let i = 0; i < 4; i++) {
      const database = await openDatabase({ kind: 'memory' });
      databases.push(database);
      const agents = new Agents(database.db);
      expect(await agents.list()).toEqual([]);
      await agents.put({ ...agent, address: `192.0.2.${i}` });
    }
    for (const [i, { db }] of databases.entries())
      expect(await new Agents(db).list()).toMatchObject([{ address: `192.0.2.${i}` }]);
    const schema = ({ db }: (typeof databases)[number]) =>
      sql<{
        name: string;
      }>`select table_name || column_name as name from information_schema.columns where table_schema = 'public' order by 1`.execute(
        db,
      );
    const [first, ...later] = await Promise.all(databases.map(schema));
    for (const { rows } of later) expect(rows).toEqual(first?.rows);
    for (const database of databases) await database.close();
  });
});

describe('PostgreSQL that cannot be reached', () => {
  it('is reported with the reason', async () => {
    const settings = { kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' } as const;
    await expect(openDatabase(settings)).rejects.toMatchObject({
      code: 'unreachable',
      details: { reason: 'ECONNREFUSED' },
    });
  });
});

describe('database setting', () => {
  it('distinguishes servers, directories and memory', () => {
    expect(parseDatabaseSettings('postgresql://h/db')).toEqual({ kind: 'postgres', url: 'postgresql://h/db' });
    expect(parseDatabaseSettings('/var/lib/revtr')).toEqual({ kind: 'embedded', directory: '/var/lib/revtr' });
    expect(parseDatabaseSettings('memory:')).toEqual({ kind: 'memory' });
    expect(() => parseDatabaseSettings('')).toThrow(StorageError);
  });
});

function pathsBelow(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return paths.filter((path) => !lstatSync(path).isSymbolicLink());
}

/** The permission bits of everything below a directory. */
/** Keeps an empty cluster that has a table `mark`. */
async function keepMarkedCluster(directory: string): Promise<void> {
  const cluster = await PGlite.create(await compiledPrograms());
  await cluster.exec('create table mark ()');
  const kept = await EmptyCluster.in(directory);
  await kept?.keep(() => cluster.dumpDataDir('none'));
  await cluster.close();
}

function modesBelow(directory: string): { readonly files: string[]; readonly directories: string[] } {
  const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);
  const isDirectory = (path: string): boolean => lstatSync(path).isDirectory();
  const paths = pathsBelow(directory);
  return {
    files: paths.filter((path) => !isDirectory(path)).map(modeOf),
    directories: paths.filter(isDirectory).map(modeOf),
  };
}
