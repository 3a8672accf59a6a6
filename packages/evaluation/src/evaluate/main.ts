import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { SIZES, type Size } from '@revtr/sim';
import { pairedFigures, renderPaired } from './paired.ts';
import { PLANS } from './plans.ts';
import { latencyPlot, reliabilityPlot } from './plots.ts';
import { renderSummaries } from './render.ts';
import { runUnits } from './scheduler.ts';
import { summarise } from './summary.ts';
import { ATLAS_CONTENTS, type AtlasContent, type Unit } from './unit.ts';

/** The plan with which the other plans are compared, on the pairs that it completes. */
const REFERENCE = 'revtr2';

const HELP = `npm run evaluate -- [options]

Measures random pairs on simulated Internets with each plan and compares the results with the ground truth. Uses all cores.

  --seed <list>   seeds of the simulated Internets and pairs, for example 11-15,20; default 11. Use 1 to 10 for development and
                  other seeds for published figures
  --size <list>   ${Object.keys(SIZES).join(', ')}; default medium
  --fleet <list>  number of vantage points; default 50
  --pairs <n>     number of pairs for each seed; default 1000
  --plan <list>   ${Object.keys(PLANS).join(', ')}; default all
  --atlas <list>  contents of the atlas: ${ATLAS_CONTENTS.join(', ')}; default usual. With any other value, the same number of
                  other pairs is measured two virtual hours earlier
  --out <folder>  store the result of each run in this folder, reuse stored results, and write table, JSON and plots (SVG)
  --json          print the figures as JSON
`;

const { values } = parseOrExit(
  () =>
    parseArgs({
      options: {
        seed: { type: 'string', default: '11' },
        size: { type: 'string', default: 'medium' },
        pairs: { type: 'string', default: '1000' },
        fleet: { type: 'string', default: '50' },
        plan: { type: 'string', default: Object.keys(PLANS).join(',') },
        atlas: { type: 'string', default: 'usual' },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

/** All combinations of the options; `undefined` if an option is invalid. */
function readUnits(): Unit[] | undefined {
  const [seeds, fleets, pairs] = [readNumbers(values.seed), readNumbers(values.fleet), Number(values.pairs)];
  const [sizes, plans, atlases] = [values.size.split(','), values.plan.split(','), values.atlas.split(',')];
  const areKnown = sizes.every(isSize) && plans.every((plan) => plan in PLANS) && atlases.every(isContent);
  if (seeds === undefined || fleets === undefined || !areKnown || !(Number.isInteger(pairs) && pairs > 0))
    return undefined;
  const units: Unit[] = [];
  for (const size of sizes.filter(isSize))
    for (const fleet of fleets)
      for (const plan of plans)
        for (const atlas of atlases.filter(isContent))
          for (const seed of seeds) units.push({ plan, size, fleet, seed, pairs, atlas });
  return units;
}

/** Parses numbers and ranges: `1-3,7` means 1, 2, 3 and 7. */
function readNumbers(text: string): number[] | undefined {
  const parts = text.split(',').map((part) => /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part));
  if (parts.some((part) => part === null)) return undefined;
  return parts.flatMap((part) => {
    const [first, last] = [Number(part?.[1]), Number(part?.[2] ?? part?.[1])];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}

const isContent = (text: string): text is AtlasContent => ATLAS_CONTENTS.some((content) => content === text);
const isSize = (text: string): text is Size => text in SIZES;

async function main(): Promise<number> {
  const units = readUnits();
  if (values.help || units === undefined) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
  const onProgress = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  const { out } = values;
  const results = await runUnits(units, { onProgress, ...(out !== undefined && { folder: join(out, 'runs') }) });
  const summaries = summarise(results);
  const paired = renderPaired(pairedFigures(results, REFERENCE));
  const [table, json] = [`${renderSummaries(summaries)}\n${paired}`, `${JSON.stringify(summaries, null, 2)}\n`];
  process.stdout.write(values.json ? json : table);
  if (out !== undefined) {
    const files = {
      'table.txt': table,
      'figures.json': json,
      'reliability.svg': reliabilityPlot(summaries),
      'latency.svg': latencyPlot(results),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), text);
    onProgress(`results written to ${out}`);
  }
  return 0;
}

process.exitCode = await main();
