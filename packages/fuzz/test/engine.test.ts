import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { type FuzzReport, fuzz } from '../src/engine/fuzz.ts';
import { CoverageMap } from '../src/guidance/coverage-map.ts';
import { COUNTERS, instrument } from '../src/guidance/instrument.ts';
import { bytesOf, type Target, textOf } from '../src/target.ts';

/** Fuzzes a parser that may throw nothing. */
function fuzzed(run: Target['run'], runs: number, coverage?: CoverageMap, seed = 'abcdefgh'): Promise<FuzzReport> {
  const target: Target = { form: 'bytes', maxBytes: 64, seeds: [], isExpected: () => false, run };
  return fuzz({ runs }, { target, seeds: [bytesOf(seed)], random: createRandom(1), coverage });
}

/** Runs instrumented code; its last expression is the body of a function with the parameter `input`. */
function load(code: string, map: CoverageMap): (input: string) => unknown {
  const text = instrument(`const f = (input) => { ${code} };`, map).replace(`globalThis.${COUNTERS}`, 'counters');
  const made: unknown = new Function('counters', `${text}; return f;`)(map.counters);
  if (typeof made !== 'function') throw new TypeError('no function');
  return (input) => made(input);
}

describe('the fuzzer', () => {
  it('finds an input that throws, and makes it small', async () => {
    const { findings } = await fuzzed((input) => {
      if (input.includes(0xff)) throw new TypeError('planted');
    }, 5_000);
    expect(findings).toMatchObject([{ kind: 'error', input: Uint8Array.of(0xff) }]);
  });

  it('finds an input that takes too long', async () => {
    const { findings } = await fuzzed((input) => {
      const until = process.cpuUsage().user + (input[0] === 0 ? 250_000 : 0);
      while (process.cpuUsage().user < until);
    }, 500);
    expect(findings.map(({ kind }) => kind)).toEqual(['slow']);
  });

  it('finds a rejection and an event that nobody handles', async () => {
    const rejected = await fuzzed((input) => {
      if (input[0] === 0) void Promise.reject(new Error('planted'));
    }, 3_000);
    expect(rejected.findings.map(({ kind }) => kind)).toEqual(['unhandled']);
    const thrown = await fuzzed((input) => {
      if (input[0] === 0) setImmediate(() => void JSON.parse('{'));
    }, 3_000);
    expect(thrown.findings.map(({ kind }) => kind)).toContain('unhandled');
  });

  it('measures memory that stays in use', async () => {
    const kept: Uint8Array[] = [];
    const { grownBytes } = await fuzzed(() => void kept.push(new Uint8Array(10_000).fill(1)), 4_000);
    expect(grownBytes).toBeGreaterThan(15e6);
    expect((await fuzzed(() => undefined, 4_000)).grownBytes).toBeLessThan(5e6);
  });

  it('does the same in every run with one seed', async () => {
    const inputs = async (): Promise<string[]> => {
      const seen: string[] = [];
      await fuzzed((input) => void seen.push(textOf(input)), 300);
      return seen;
    };
    expect(await inputs()).toEqual(await inputs());
  });

  it('reaches code behind several comparisons only with coverage', async () => {
    const code =
      "let n = 0; for (const c of 'revtr/1') { if (input[n] === c) n++; else return n; } throw new Error('deep');";
    const map = new CoverageMap();
    const parse = load(code, map);
    const guided = await fuzzed((input) => void parse(textOf(input)), 200_000, map);
    expect(guided.findings).toMatchObject([{ kind: 'error', input: bytesOf('revtr/1') }]);
    const unguided = await fuzzed((input) => void parse(textOf(input)), 200_000);
    expect(unguided.findings).toEqual([]);
  });
});

describe('instrumented code', () => {
  it.each([
    ['if (input === "a") return 1; else if (input === "b") return 2; return 3;'],
    ['const g = (x) => ({ x }); return g(input).x;'],
    ['return input === "a" ? (1, 2) : input || "none";'],
    ['let n = 0; for (const c of input) if (c === "b") continue; else n++; return n;'],
    ['let n = 0; do n++; while (n < input.length); while (n < 9) n += 2; return n;'],
    ['switch (input) { case "a": case "b": return 1; case "c": { return 2; } default: return 3; }'],
    ['try { return JSON.parse(input); } catch { return null; } finally { input = ""; }'],
    ['let x; x ??= input && ((y) => y ? (z) => z + y : () => y)(input)(input); return x ?? 5;'],
    [
      'class A { #v = input || 1; get v() { return this.#v; } static { if (input) A.s = 1; } } return [new A().v, A.s];',
    ],
  ])('does what the code does: %s', (code) => {
    const plain: unknown = new Function('input', code);
    if (typeof plain !== 'function') throw new TypeError('no function');
    const map = new CoverageMap();
    const run = load(code, map);
    for (const input of ['', 'a', 'b', 'c', 'abcb', '7']) expect(run(input)).toEqual(plain(input));
    expect(map.takeIsNew()).toBe(true);
    expect(map.takeIsNew()).toBe(false);
  });
});
