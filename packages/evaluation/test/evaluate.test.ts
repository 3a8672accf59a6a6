import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootstrap } from '../src/statistics/bootstrap.ts';
import { type Claim, calibrate } from '../src/statistics/calibration.ts';
import { mean, quantile } from '../src/statistics/quantiles.ts';

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

  it('is reproducible, resumes an interrupted run, and writes table and plots', async () => {
    const args = ['--size', 'small', '--seed', '11-12', '--pairs', '40', '--fleet', '8', '--json', '--out', folder];
    const first = await evaluate(...args);
    expect(first.code).toBe(0);
    const [ours, second2, first1] = JSON.parse(first.out);
    const plans = [ours.plan, second2.plan, first1.plan];
    expect([plans, ours.pairs, ours.seeds]).toEqual([['default', 'revtr2', 'revtr1'], 80, [11, 12]]);
    const lost = Object.values<number>(ours.errorBudget).reduce((sum, count) => sum + count, 0);
    expect(lost).toBe(80 - Math.round(80 * ours.figures.reached.value * ours.figures.asPathsExact.value));
    expect(ours.figures.reached.low).toBeLessThanOrEqual(ours.figures.reached.value);
    expect(readdirSync(folder).sort()).toEqual(['figures.json', 'latency.svg', 'reliability.svg', 'runs', 'table.txt']);
    const runs = readdirSync(join(folder, 'runs'));
    expect(runs).toHaveLength(6);
    const kept = readFileSync(join(folder, 'runs', runs[0]), 'utf8');
    unlinkSync(join(folder, 'runs', runs[0]));
    const second = await evaluate(...args);
    expect(second.out).toBe(first.out);
    expect(readFileSync(join(folder, 'runs', runs[0]), 'utf8')).toBe(kept);
  });

  it.each([
    ['--seed', 'x'],
    ['--plan', 'none'],
    ['--size', 'huge'],
    ['--pairs', '0'],
    ['--fleet', '1-'],
    ['--speed', 'high'],
  ])('rejects %s %s', async (...args) => {
    const { code, err } = await evaluate(...args);
    expect(code).toBe(2);
    expect(err).toContain('npm run evaluate');
    expect(err).not.toContain('    at ');
  });
});

describe('confidence intervals', () => {
  it('contain the true mean in about 95 % of the cases', () => {
    const lists = Array.from({ length: 60 }, (_, k) =>
      Array.from({ length: 50 }, (_, i) => (Math.imul(i * 97 + k * 7919 + 13, 2654435761) >>> 0) / 2 ** 32),
    );
    const holds = lists.filter((list) => {
      const { average } = bootstrap([list], (sample) => ({ average: mean(sample) }));
      return average.low <= 0.5 && average.high >= 0.5;
    });
    expect(holds.length).toBeGreaterThanOrEqual(51);
    expect(holds.length).toBeLessThanOrEqual(60);
  });

  it('include the variation between groups', () => {
    const groups = [0.2, 0.5, 0.8].map((value) => Array.from({ length: 1_000 }, (_, i) => value + (i % 3) / 1_000));
    const average = (sample: readonly number[]) => ({ average: mean(sample) });
    const width = ({ average: { low, high } }: ReturnType<typeof bootstrap<number, 'average'>>): number => high - low;
    expect(width(bootstrap([groups.flat()], average))).toBeLessThan(0.05);
    expect(width(bootstrap(groups, average))).toBeGreaterThan(0.3);
  });
});

describe('calibration', () => {
  const claims = (confidence: number, right: number, wrong: number): Claim[] =>
    [...Array(right).fill(true), ...Array(wrong).fill(false)].map((isRight) => ({ confidence, isRight }));

  it('has no error if the share of right claims equals the confidence, and measures the difference otherwise', () => {
    expect(calibrate(claims(0.75, 75, 25)).error).toBeCloseTo(0);
    expect(calibrate(claims(0.75, 75, 25)).brier).toBeCloseTo(0.1875);
    expect(calibrate([...claims(0.75, 55, 45), ...claims(1, 100, 0)]).error).toBeCloseTo(0.1);
  });
});

describe('quantiles', () => {
  it('are values of the list, by nearest rank', () => {
    expect([0, 0.25, 0.5, 0.95, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1, 2, 4, 4]);
    expect(quantile([], 0.5)).toBe(0);
  });
});
