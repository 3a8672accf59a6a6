import { parseArgs } from 'node:util';
import { positiveInteger } from '../integer-options.ts';
import { OptionError } from '../option-error.ts';

/** Whether a benchmark is compared with another version, and what is left of the command line. */
export interface ComparisonOptions {
  /** The other version: a commit, tag or branch of Git. `undefined`: no comparison. */
  readonly base: string | undefined;
  /** Runs of each version. */
  readonly runs: number;
  /** Options of the benchmark itself. */
  readonly rest: readonly string[];
}

const NAMES = ['base', 'runs'];
const DEFAULT_RUNS = '3';

/** Takes `--base` and `--runs` from a command line. @throws {OptionError} when a value is missing or wrong */
export function comparisonOptions(args: readonly string[]): ComparisonOptions {
  const options = { base: { type: 'string' }, runs: { type: 'string', default: DEFAULT_RUNS } } as const;
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const taken = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== 'option' || !NAMES.includes(token.name)) continue;
    if (token.value === undefined) throw new OptionError(`--${token.name} needs a value`);
    taken.add(token.index);
    if (token.inlineValue === false) taken.add(token.index + 1);
  }
  const runs = positiveInteger('runs', String(values.runs));
  return { base: values.base?.toString(), runs, rest: args.filter((_, i) => !taken.has(i)) };
}
