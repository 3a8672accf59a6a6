import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { CoverageMap } from './guidance/coverage-map.ts';
import { installCoverage } from './guidance/install.ts';

const USAGE = `npm run fuzz -- TARGET [options]
npm run fuzz -- --all [options]
npm run fuzz -- --list

Runs changed inputs against a codec, parser or reader until it is interrupted,
or one of the limits is reached. An input that violates the contract is made
smaller and stored in packages/fuzz/corpus/TARGET, and the exit code is 1.

  --minutes N   end after N minutes
  --runs N      end after N inputs
  --seed N      start of the random sequence; default 1
  --save        store at most 30 small inputs that reach different code in the
                corpus
  --all         run every target, one after the other, each in a process;
                default for --runs is 1000000
  --list        list the targets
`;
const DEFAULT_RUNS_OF_ALL = 1_000_000;

const limit = z.coerce.number().positive();
const optionsSchema = z.object({
  list: z.boolean().default(false),
  all: z.boolean().default(false),
  save: z.boolean().default(false),
  help: z.boolean().default(false),
  minutes: limit.optional(),
  runs: limit.int().optional(),
  seed: z.coerce.number().int().default(1),
});

const boolean = { type: 'boolean' } as const;
const string = { type: 'string' } as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: boolean, all: boolean, save: boolean, help: boolean, minutes: string, runs: string, seed: string },
  });
  const { list, all, help, minutes, runs, ...rest } = optionsSchema.parse(values);
  // Nothing of the packages may be imported before: it would not be measured.
  const coverage = new CoverageMap();
  installCoverage(coverage);
  const { TARGET_NAMES } = await import('./targets/index.ts');
  if (list) process.stdout.write(`${TARGET_NAMES.join('\n')}\n`);
  else if (all) return runAll(TARGET_NAMES, minutes, runs);
  else if (help || positionals.length !== 1 || !TARGET_NAMES.includes(positionals[0])) {
    process.stdout.write(USAGE);
    return help ? 0 : 2;
  } else {
    const { runTarget } = await import('./run-target.ts');
    const milliseconds = minutes === undefined ? undefined : minutes * 60_000;
    return (await runTarget(positionals[0], { ...rest, milliseconds, runs }, coverage)) ? 0 : 1;
  }
  return 0;
}

/** Each target has a process: what one leaves behind cannot disturb the next, and an endless input ends only its own run. */
function runAll(names: readonly string[], minutes: number | undefined, runs: number | undefined): number {
  const passed = process.argv.slice(2).filter((argument) => argument !== '--all');
  const limits = minutes === undefined && runs === undefined ? ['--runs', String(DEFAULT_RUNS_OF_ALL)] : [];
  let worst = 0;
  for (const name of names) {
    const args = [...process.execArgv, import.meta.filename, name, ...passed, ...limits];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    worst = Math.max(worst, status ?? 1);
  }
  return worst;
}

process.exitCode = await main();
