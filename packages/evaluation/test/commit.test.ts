import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentCommit } from '../src/provenance/commit.ts';

describe('the commit of a run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'revtr-commit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]): string => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
  };

  it('is marked where tracked files differ from it', async () => {
    git('init', '-q');
    writeFileSync(join(folder, 'file'), 'one');
    git('add', 'file');
    git('commit', '-qm', 'one');
    const commit = git('rev-parse', '--short', 'HEAD');
    expect(await currentCommit(folder)).toBe(commit);
    writeFileSync(join(folder, 'file'), 'two');
    expect(await currentCommit(folder)).toBe(`${commit}+`);
  });

  it('is unknown outside a repository', async () => {
    expect(await currentCommit(folder)).toBe('unknown');
  });
});
