import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const STUDIES = [
  ['evaluate-watches', ['--watches', '1', '--before', '1', '--after', '1', '--failures', '1']],
  ['evaluate-atlas', ['placement']],
] as const;

describe.each(STUDIES)('the study %s', (name, options) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'revtr-ledger-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const study = (...args: string[]) => {
    const ledger = join(folder, 'ledger.jsonl');
    const main = new URL(`../src/${name}/main.ts`, import.meta.url).pathname;
    const { status, stderr } = spawnSync(
      process.execPath,
      [main, ...options, '--size', 'small', '--ledger', ledger, ...args],
      { encoding: 'utf8' },
    );
    const looks = existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : [];
    return { status, stderr, looks: looks.map((line) => JSON.parse(line)) };
  };

  it('records the look at held-out seeds, and warns when they were looked at before', () => {
    const first = study('--seed', '1,901');
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.looks).toMatchObject([{ seeds: [901], command: expect.stringContaining('--seed 1,901') }]);
    expect(first.looks[0].command).not.toContain(folder);
    expect(study('--seed', '901').stderr).toContain('warning: seed 901 was looked at once');
  });

  it('records nothing for help or for a list of seeds that is malformed', () => {
    expect(study('--help', '--seed', '901')).toMatchObject({ status: 0, looks: [] });
    expect(study('--seed', '901,x')).toMatchObject({ status: 2, looks: [] });
  });
});
