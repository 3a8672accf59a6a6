import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@revtr/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { readCopyRequest, runCopy } from '../src/database-copy/copy-command.ts';

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
    await expect(run(other, join(directory, 'new'))).rejects.toMatchObject({ code: 'nothingToCopy' });
    await (await openDatabase({ kind: 'embedded', directory: join(directory, 'data') })).close();
    await expect(run(join(directory, 'data'), other)).rejects.toMatchObject({ code: 'directoryNotEmpty' });
    expect(readdirSync(other)).toEqual(['notes.txt']);
  }, 60_000);
});
