import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { invalidOption } from '../evaluate/invalid-option.ts';
import { OPTIONS, readCores, readUnits } from '../evaluate/options.ts';
import { renderMarkdown, renderText } from '../evaluate/report/render.ts';
import { measure } from '../evaluate/running/measure.ts';
import { summarise } from '../evaluate/summary/summary.ts';
import type { Unit } from '../evaluate/units/unit.ts';
import { currentCommit } from '../provenance/commit.ts';
import { sensitivityTable } from './table.ts';
import { VARIATIONS } from './variations.ts';

const PARAMETERS = Object.keys(VARIATIONS);
const HELP = `npm run evaluate:sensitivity -- [options]

Varies one uncertain parameter of the simulated Internet at a time, and prints
how much the headline figures of the plans change.

  --vary <list>     parameters; default all:
                    ${PARAMETERS.slice(0, 4).join(', ')},
                    ${PARAMETERS.slice(4, 7).join(', ')},
                    ${PARAMETERS.slice(7).join(', ')}
  --profile <name>  default published
  --family <name>   default grown
  --size <size>     default medium
  --seed <list>     default 1-3, which are development seeds
  --fleet <n>       number of vantage points; default 50
  --pairs <n>       number of pairs for each seed; default 400
  --hours <n>       virtual hours over which the pairs are spread; default 24
  --plan <list>     default default,revtr2-labelled
  --cores <n>       simulated Internets at the same time; default one for each
                    core
  --out <folder>    store the result of each run in this folder and reuse stored
                    results
  --ledger <file>   list of the looks at held-out seeds; default
                    packages/evaluation/seed-ledger.jsonl
  --markdown        print Markdown
  --json            print the figures as JSON
`;

const { atlas: _, ...COMMON_OPTIONS } = OPTIONS;

const { values } = parseOrExit(
  () =>
    parseArgs({
      options: {
        ...COMMON_OPTIONS,
        vary: { type: 'string', default: PARAMETERS.join(',') },
        seed: { type: 'string', default: '1-3' },
        pairs: { type: 'string', default: '400' },
        plan: { type: 'string', default: 'default,revtr2-labelled' },
        markdown: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

async function main(): Promise<number> {
  const names = values.vary.split(',');
  const base = readUnits({ ...values, atlas: 'usual' });
  const cores = readCores(values.cores);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = names.find((name) => !(name in VARIATIONS));
  if (base === undefined || cores === undefined || unknown !== undefined) {
    const problem = invalidOption({ ...values, atlas: 'usual' }) ?? `the value '${unknown}' of --vary is invalid`;
    process.stderr.write(`evaluate:sensitivity: ${problem}\n\n${HELP}`);
    return 2;
  }
  const variations = names.map((name) => VARIATIONS[name]);
  const units = variations.flatMap(({ parameter, values: settings }) =>
    settings.flatMap((setting) => base.map((unit): Unit => ({ ...unit, changes: { [parameter]: setting } }))),
  );
  const { out: folder, ledger } = values;
  const command = `evaluate:sensitivity ${process.argv.slice(2).join(' ')}`;
  const commit = await currentCommit();
  const summaries = summarise(await measure(units, { folder, ledger, commit, cores, command }));
  const tables = variations.map((variation) => sensitivityTable(variation, summaries));
  const text = `commit ${commit}\n\n${values.markdown ? renderMarkdown(tables) : renderText(tables)}`;
  process.stdout.write(values.json ? `${JSON.stringify(summaries, null, 2)}\n` : text);
  return 0;
}

process.exitCode = await main();
