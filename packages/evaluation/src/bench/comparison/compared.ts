import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkOut } from '@revtr/lab/local-cluster';
import { compareFigures } from './figures.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const PROGRAM = 'packages/evaluation/src/bench/main.ts';

/**
 * Runs a benchmark `runs` times at another version, which is checked out into a temporary directory, and as often in this working tree, alternately.
 * Returns the medians of the figures and their ratios. Each version runs its own code of the benchmark.
 * @throws {Error} when a run fails, for example because the other version does not have the benchmark
 */
export async function compared(
  name: string,
  args: readonly string[],
  { base, runs }: { readonly base: string; readonly runs: number },
) {
  const other = await checkOut(base);
  try {
    const [before, after]: [unknown[], unknown[]] = [[], []];
    for (let run = 0; run < runs; run++) {
      // Each order in turn, because the machine may become slower or faster meanwhile.
      for (const isOther of run % 2 === 0 ? [true, false] : [false, true]) {
        process.stderr.write(`run ${run + 1} of ${runs}, ${isOther ? other.commit : 'working tree'}\n`);
        (isOther ? before : after).push(await answerOf(isOther ? other.directory : ROOT, [name, ...args]));
      }
    }
    return { base: other.commit, runs, figures: compareFigures(before, after), last: after.at(-1) };
  } finally {
    other.remove();
  }
}

async function answerOf(root: string, args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [join(root, PROGRAM), ...args], {
    ...{ cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the benchmark ${args[0]} failed in ${root}`);
  return JSON.parse(output);
}
