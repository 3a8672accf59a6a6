import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { invalidOption } from '../evaluate/invalid-option.ts';
import { OPTIONS, readCores, readUnits } from '../evaluate/options.ts';
import { renderMarkdown, renderText } from '../evaluate/report/render.ts';
import { measure } from '../evaluate/running/measure.ts';
import { currentCommit } from '../provenance/commit.ts';
import { constantFigures, ratioFigures } from './constants.ts';
import { fitAndJudge } from './left-out.ts';
import { pathOutcomes, SHIPPED } from './outcomes.ts';
import { constantsTable, errorsTable, ratiosTable, weightsTable } from './tables.ts';

const HELP = `npm run evaluate:calibrate -- [options]

Measures what the confidences of the engine should be on simulated Internets:
the weights of the steps in a whole path, by maximum likelihood, with the
errors when each Internet is left out; and the share of right hops for each
constant. Compares them with the values of the program.

  --family <list>   default grown,flat; all families count the same
  --size <name>     default medium
  --seed <list>     default 1-6, which are development seeds
  --fleet <list>    numbers of vantage points; default 10,50
  --pairs <n>       number of pairs for each seed; default 300
  --hours <n>       virtual hours over which the pairs are spread; default 24
  --cores <n>       simulated Internets at the same time; default one for each
                    core
  --out <folder>    store the result of each run in this folder and reuse stored
                    results
  --ledger <file>   list of the looks at held-out seeds; default
                    packages/evaluation/seed-ledger.jsonl
  --markdown        print Markdown
  --json            print the figures as JSON
`;

const { profile: _profile, plan: _plan, atlas: _atlas, ...COMMON_OPTIONS } = OPTIONS;

const { values } = parseOrExit(
  () =>
    parseArgs({
      options: {
        ...COMMON_OPTIONS,
        family: { type: 'string', default: 'grown,flat' },
        seed: { type: 'string', default: '1-6' },
        fleet: { type: 'string', default: '10,50' },
        pairs: { type: 'string', default: '300' },
        markdown: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = { ...values, profile: 'published', plan: 'default', atlas: 'usual' };
  const [units, cores] = [readUnits(chosen), readCores(values.cores)];
  if (units === undefined || cores === undefined) {
    process.stderr.write(`evaluate:calibrate: ${invalidOption(chosen)}\n\n${HELP}`);
    return 2;
  }
  const { out: folder, ledger } = values;
  const command = `evaluate:calibrate ${process.argv.slice(2).join(' ')}`;
  const commit = await currentCommit();
  const results = await measure(units, { folder, ledger, commit, cores, command });
  const fit = fitAndJudge(pathOutcomes(results));
  const [constants, ratios] = [constantFigures(results), ratioFigures(results)];
  const tables = [weightsTable(fit, SHIPPED), errorsTable(fit), ratiosTable(ratios), constantsTable(constants)];
  const text = `commit ${commit}\n\n${values.markdown ? renderMarkdown(tables) : renderText(tables)}`;
  const { weights, errors } = fit;
  const figures = { commit, weights, leftOut: Object.fromEntries(fit.leftOut), errors, constants, ratios };
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : text);
  return 0;
}

process.exitCode = await main();
