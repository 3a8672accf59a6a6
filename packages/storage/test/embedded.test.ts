import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agents, openDatabase, parseDatabaseSettings, StorageError } from '../src/index.ts';

const writer = new URL('./kill-writer.ts', import.meta.url).pathname;

describe('embedded database on disk', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-embedded-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('lets one user in at a time', async () => {
    const first = await openDatabase({ kind: 'embedded', directory });
    await expect(openDatabase({ kind: 'embedded', directory })).rejects.toThrow(StorageError);
    await first.close();
    await (await openDatabase({ kind: 'embedded', directory })).close();
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
});

describe('database setting', () => {
  it('tells servers from directories', () => {
    expect(parseDatabaseSettings('postgresql://h/db')).toEqual({ kind: 'postgres', url: 'postgresql://h/db' });
    expect(parseDatabaseSettings('/var/lib/revtr')).toEqual({ kind: 'embedded', directory: '/var/lib/revtr' });
    expect(parseDatabaseSettings('memory:')).toEqual({ kind: 'memory' });
    expect(() => parseDatabaseSettings('')).toThrow(StorageError);
  });
});
