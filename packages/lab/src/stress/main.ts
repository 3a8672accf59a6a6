import { parseArgs } from 'node:util';
import { parseOrExit } from '../command-line.ts';
import { repeat } from './runs.ts';
import { SCENARIOS } from './scenarios.ts';

const MOST_RUNS = 100_000;
const MOST_PARALLEL = 64;
const HELP = `npm run stress -- NAME [--runs N] [--parallel N] [--check-memory]

Starts and stops one native part of the system in N processes, and counts the
processes that fail: by a signal, by an exit code, or because they do not end
within five minutes.

${Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(16)}${title}`)
  .join('\n')}

  --runs N          number of processes, at most ${MOST_RUNS} (default 20)
  --parallel N      processes at the same time, at most ${MOST_PARALLEL} (default 2)
  --check-memory    glibc checks all memory that is freed (slow; requires glibc
                    2.34)

The exit code is 1 if a process failed.
`;

async function main(): Promise<number> {
  const defined = {
    runs: { type: 'string', default: '20' },
    parallel: { type: 'string', default: '2' },
    'check-memory': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseOrExit(() => parseArgs({ allowPositionals: true, options: defined }), HELP);
  const name = positionals[0] ?? '';
  const [runs, parallel] = [Number(values.runs), Number(values.parallel)];
  const isBounded = isCount(runs, MOST_RUNS) && isCount(parallel, MOST_PARALLEL);
  if (positionals.length !== 1 || !Object.hasOwn(SCENARIOS, name) || !isBounded) {
    const isHelp = values.help || name === 'help';
    (isHelp ? process.stdout : process.stderr).write(HELP);
    return isHelp ? 0 : 2;
  }
  const times: number[] = [];
  const failures: Record<string, number> = {};
  const options = { name, scenario: SCENARIOS[name], runs, parallel, checkMemory: values['check-memory'] };
  for await (const { failure, ms } of repeat(options)) {
    times.push(ms);
    if (failure === undefined) continue;
    failures[failure] = (failures[failure] ?? 0) + 1;
    process.stderr.write(`run ${times.length}: ${failure}\n`);
  }
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const medianMs = Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)]);
  process.stdout.write(`${JSON.stringify({ name, runs: times.length, failed, failures, medianMs })}\n`);
  return failed === 0 ? 0 : 1;
}

const isCount = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;

process.exitCode = await main();
