import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { currentCommit } from '../provenance/commit.ts';
import { say } from '../say.ts';
import { invalidOption } from './invalid-option.ts';
import { HELP, OPTIONS, readCores, readUnits } from './options.ts';
import { latencyPlot, reliabilityPlot } from './report/plots.ts';
import { renderMarkdown, renderText } from './report/render.ts';
import { describeRun, tablesOf } from './report/tables.ts';
import { measure } from './running/measure.ts';
import { compareWithRivals } from './summary/paired.ts';
import { summarise } from './summary/summary.ts';

const { values } = parseOrExit(() => parseArgs({ options: OPTIONS }), HELP);

async function main(): Promise<number> {
  const units = readUnits(values);
  const cores = readCores(values.cores);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (units === undefined || cores === undefined) {
    process.stderr.write(`evaluate: ${invalidOption(values)}\n\n${HELP}`);
    return 2;
  }
  const { out, ledger } = values;
  const folder = out === undefined ? undefined : join(out, 'runs');
  const command = `evaluate ${process.argv.slice(2).join(' ')}`;
  const commit = await currentCommit();
  const results = await measure(units, { folder, ledger, commit, cores, command });
  const summaries = summarise(results);
  const comparisons = compareWithRivals(results, units[0].plan);
  const tables = tablesOf(summaries, comparisons);
  const description = `commit ${commit}; ${describeRun(summaries)}`;
  const text = `${description}\n\n${renderText(tables)}`;
  const json = `${JSON.stringify({ commit, summaries, comparisons }, null, 2)}\n`;
  process.stdout.write(values.json ? json : text);
  if (out !== undefined) {
    const files = {
      'table.txt': text,
      'table.md': `${description}\n\n${renderMarkdown(tables)}`,
      'figures.json': json,
      'reliability.svg': reliabilityPlot(summaries),
      'latency.svg': latencyPlot(results),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(out, name), content);
    say(`results written to ${out}`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What goes wrong is a file that cannot be read or is malformed: its message says which.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
