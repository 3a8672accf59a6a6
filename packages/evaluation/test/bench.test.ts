import { describe, expect, it } from 'vitest';
import { compareFigures } from '../src/bench/comparison/figures.ts';
import { comparisonOptions } from '../src/bench/comparison/options.ts';
import { processorSeconds } from '../src/bench/process-figures.ts';
import { costsOf } from '../src/bench/profile/costs.ts';
import { profiled } from '../src/bench/profile/profiled.ts';

describe('the comparison of a benchmark with another version', () => {
  it('compares the medians of the figures that both versions report', () => {
    const answer = (perSecond: number, more: object) => ({ load: { perSecond }, costs: { share: 1 }, ...more });
    const base = [answer(10, { old: 1 }), answer(30, { old: 1 }), answer(20, { old: 1 })];
    const here = [answer(60, { steps: [{ ms: 1 }] }), answer(40, { steps: [{ ms: 1 }] }), answer(50, {})];
    expect(compareFigures(base, here)).toEqual({ 'load.perSecond': { base: 20, here: 50, ratio: 2.5 } });
    expect(compareFigures([{ idle: 0 }], [{ idle: 1 }])).toEqual({ idle: { base: 0, here: 1 } });
  });

  it('leaves the options of the benchmark as they are', () => {
    const args = ['--agents', '5', '--base', 'main', '--safety=on', '--runs=5', '--measurements', '7'];
    const rest = ['--agents', '5', '--safety=on', '--measurements', '7'];
    expect(comparisonOptions(args)).toEqual({ base: 'main', runs: 5, rest });
    expect(comparisonOptions(rest)).toEqual({ base: undefined, runs: 3, rest });
    expect(() => comparisonOptions(['--base'])).toThrow('--base needs a value');
    expect(() => comparisonOptions(['--base', 'main', '--runs', 'no'])).toThrow('positive whole number');
  });
});

describe('the costs of a profile', () => {
  it('are shares of busy time, by package and by function', () => {
    const node = (functionName: string, url: string, hitCount: number) => ({
      callFrame: { functionName, url, lineNumber: 6 },
      hitCount,
    });
    const profile = {
      nodes: [
        node('(idle)', '', 900),
        node('(garbage collector)', '', 10),
        node('a', 'file:///x/packages/engine/src/a.ts', 20),
        node('', 'file:///x/packages/engine/src/b.ts', 20),
        node('c', 'file:///x/node_modules/@scope/name/c.js', 40),
        node('d', 'node:net', 10),
      ],
    };
    const { byPackage, byFunction } = costsOf([profile]);
    expect(byPackage).toEqual([
      { what: 'engine', share: 0.4 },
      { what: '@scope/name', share: 0.4 },
      { what: 'garbage collection', share: 0.1 },
    ]);
    expect(byFunction).toEqual([
      { what: '@scope/name c', share: 0.4 },
      { what: 'engine a', share: 0.2 },
      { what: 'engine b.ts:7', share: 0.2 },
    ]);
  });

  it('name the work that this process did', async () => {
    const { result, costs } = await profiled(async () => burn(5e7));
    expect(result).toBeGreaterThan(0);
    expect(costs.byFunction.map(({ what }) => what)).toContain('runtime burn');
  });

  function burn(rounds: number): number {
    let sum = 1;
    for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) % 1_000_003;
    return sum;
  }
});

describe('the processor time of a process', () => {
  it('is what the process itself has been told', () => {
    const { user, system } = process.cpuUsage();
    expect(processorSeconds(process.pid)).toBeGreaterThanOrEqual((user + system) / 1e6 - 0.1);
    expect(processorSeconds(2 ** 22 + 1)).toBe(0);
  });
});
