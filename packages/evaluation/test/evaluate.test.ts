import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { currentCommit } from '../src/provenance/commit.ts';

const MAIN = new URL('../src/evaluate/main.ts', import.meta.url).pathname;

function evaluate(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('exit', (code) => resolve({ code, out, err }));
  });
}

describe('the evaluation', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'revtr-evaluate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is reproducible, resumes an interrupted run, and writes tables and plots', async () => {
    const args = ['--size', 'small', '--seed', '1-2', '--pairs', '40', '--fleet', '8', '--json', '--out', folder];
    const first = await evaluate(...args);
    expect(first.code).toBe(0);
    const { summaries, comparisons } = JSON.parse(first.out);
    const plans = ['default', 'revtr2', 'revtr2-labelled', 'revtr1', 'symmetry', 'atlas-only'];
    expect(summaries.map(({ plan }: { plan: string }) => plan)).toEqual(plans);
    expect(comparisons.map(({ rival }: { rival: string }) => rival)).toEqual(plans.slice(1));
    const [ours] = summaries;
    expect([ours.pairs, ours.seeds, ours.profile]).toEqual([80, [1, 2], 'published']);
    const lost = Object.values<number>(ours.errorBudget).reduce((sum, count) => sum + count, 0);
    expect(lost).toBe(80 - Math.round(80 * ours.figures.asPathsExactOfAll.value));
    expect(ours.figures.reached.low).toBeLessThanOrEqual(ours.figures.reached.value);
    // What a plan prints is the search for `default` and the origins for the rivals.
    const exact = (figure: string): number[] =>
      summaries.map(({ figures }: { figures: Record<string, { value: number }> }) => figures[figure].value);
    expect(exact('asPathsExactBySearchOfAll')[0]).toBe(exact('asPathsExactOfAll')[0]);
    expect(exact('asPathsExactByOriginsOfAll').slice(1)).toEqual(exact('asPathsExactOfAll').slice(1));
    expect(exact('asPathsExactBySearchOfAll')[2]).toBeGreaterThan(exact('asPathsExactByOriginsOfAll')[2]);
    const symmetry = summaries[4].preparation;
    expect([symmetry.surveyProbes, symmetry.tracerouteProbes, symmetry.atlasOptionProbes]).toEqual([0, 0, 0]);
    expect(readdirSync(folder).sort()).toEqual(
      ['figures.json', 'latency.svg', 'reliability.svg', 'runs', 'table.md', 'table.txt'].sort(),
    );
    const runs = readdirSync(join(folder, 'runs'));
    expect(runs).toHaveLength(12);
    const kept = readFileSync(join(folder, 'runs', runs[0]), 'utf8');
    unlinkSync(join(folder, 'runs', runs[0]));
    // A result of another commit is not reused: this one would change the figures.
    const other = { ...JSON.parse(readFileSync(join(folder, 'runs', runs[1]), 'utf8')), commit: 'abc1234', pairs: [] };
    writeFileSync(join(folder, 'runs', runs[1]), JSON.stringify(other));
    const second = await evaluate(...args);
    expect(second.out).toBe(first.out);
    expect(second.err.match(/the stored result is of commit \w+/g)).toEqual(['the stored result is of commit abc1234']);
    const { commit } = JSON.parse(first.out);
    expect(commit).toMatch(/^([0-9a-f]{7,}\+?|unknown)$/);
    expect(readFileSync(join(folder, 'table.txt'), 'utf8')).toMatch(`commit ${commit}; profile published`);
    expect(JSON.parse(kept).commit).toBe(commit);
    expect(readFileSync(join(folder, 'runs', runs[0]), 'utf8')).toBe(kept);
  });

  it('records every look at a held-out seed, and warns when a seed was looked at before', async () => {
    const ledger = join(folder, 'ledger.jsonl');
    const look = (seed: string) =>
      evaluate(
        '--size',
        'small',
        '--seed',
        seed,
        '--pairs',
        '5',
        '--fleet',
        '3',
        '--plan',
        'symmetry',
        '--ledger',
        ledger,
      );
    const first = await look('901,902');
    expect([first.code, first.err.includes('warning')]).toEqual([0, false]);
    const second = await look('902-903');
    expect(second.err).toMatch(/warning: seed 902 was looked at once, last on \d{4}-\d\d-\d\d/);
    expect(second.err).not.toMatch(/seed 90[13] was looked at/);
    expect((await look('902')).err).toContain('seed 902 was looked at 2 times');
    await look('1');
    const looks = readFileSync(ledger, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(looks.map(({ seeds }) => seeds)).toEqual([[901, 902], [902, 903], [902]]);
    expect(looks.map(({ commit }) => commit)).toEqual(Array(3).fill(await currentCommit()));
  });

  it('builds on the AS relationships of a file, and says when there is none', async () => {
    const path = join(folder, 'relationships.txt');
    const providers = Array.from({ length: 40 }, (_, i) => `${1 + (i % 3)}|${100 + i}|-1\n`);
    writeFileSync(path, `# provider|customer|-1\n1|2|0\n1|3|0\n2|3|0\n${providers.join('')}`);
    const args = ['--size', 'small', '--seed', '1', '--pairs', '10', '--fleet', '3', '--plan', 'symmetry', '--json'];
    const { out } = await evaluate(...args, '--family', `caida:${path}`);
    const [{ family, figures }] = JSON.parse(out).summaries;
    expect([family, figures.reached.value]).toEqual([`caida:${path}`, 1]);
    const { code, err } = await evaluate(...args, '--family', `caida:${path}.missing`);
    expect([code, err.includes('ENOENT')]).toEqual([1, true]);
  });

  it.each([
    ['--seed', 'x'],
    ['--plan', 'none'],
    ['--size', 'huge'],
    ['--pairs', '0'],
    ['--fleet', '1-'],
    ['--profile', 'ideal'],
    ['--family', 'caida:'],
    ['--hours', '-1'],
    ['--cores', '0'],
    ['--speed', 'high'],
  ])('rejects %s %s', async (...args) => {
    const { code, err } = await evaluate(...args);
    expect(code).toBe(2);
    expect(err.split('\n')[0]).toContain(args[0]);
    expect(err).toContain('npm run evaluate');
    expect(err).not.toContain('    at ');
  });
});
