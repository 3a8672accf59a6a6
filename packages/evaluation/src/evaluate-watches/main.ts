import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { type Size, simParameters } from '@revtr/sim';
import { currentCommit } from '../provenance/commit.ts';
import { say } from '../say.ts';
import { lookAt } from '../seeds/look.ts';
import { readNumbers } from '../seeds/read-numbers.ts';
import { renderTable } from '../statistics/table.ts';
import { changeBetween, type TrueChange } from './true-routing.ts';
import { type StudiedWatch, studyWatches } from './watch-study.ts';

const HELP = `npm run evaluate:watches -- [options]

Runs watches on simulated Internets in virtual time, with load balancing and
loss: first while no route changes, then after links on their paths have failed.
Reports false alarms, and which real changes the watches found.

  --seed <list>      seeds of the simulated Internets; default 11,12,13
  --size <size>      small, medium or large; default medium
  --watches <n>      watches in each; default 100
  --before <n>       runs of each before links fail; default 40
  --after <n>        runs of each after that; default 12
  --failures <n>     links that fail; default 30
  --interval <n>     minutes between two runs; default 15
  --atlas            measure with the atlas, whose traceroutes are from before
                     the failures
  --ledger <file>    list of the looks at held-out seeds, to which this run is
                     added; default packages/evaluation/seed-ledger.jsonl
  --json             print every watch as JSON
`;

const { values } = parseOrExit(
  () =>
    parseArgs({
      options: {
        seed: { type: 'string', default: '11,12,13' },
        size: { type: 'string', default: 'medium' },
        watches: { type: 'string', default: '100' },
        before: { type: 'string', default: '40' },
        after: { type: 'string', default: '12' },
        failures: { type: 'string', default: '30' },
        interval: { type: 'string', default: '15' },
        atlas: { type: 'boolean', default: false },
        ledger: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

const seeds = readNumbers(values.seed);
if (values.help || seeds.length === 0) {
  if (!values.help) say(`evaluate:watches: the value '${values.seed}' of --seed is invalid\n`);
  (values.help ? process.stdout : process.stderr).write(HELP);
  process.exit(values.help ? 0 : 2);
}
const command = `evaluate:watches ${process.argv.slice(2).join(' ')}`;
await lookAt(new Set(seeds), { ledger: values.ledger, command, commit: await currentCommit(), warn: say });
const studied: StudiedWatch[] = [];
for (const seed of seeds) {
  // Links fail when the study says so, and not by themselves.
  const parameters = { ...simParameters(values.size as Size, seed), linkFailuresPerDay: 0 };
  const world = new SimulatedWorld({ parameters, sources: 10 });
  studied.push(
    ...(await studyWatches(world, {
      watches: Number(values.watches),
      runsBefore: Number(values.before),
      runsAfter: Number(values.after),
      failures: Number(values.failures),
      intervalMinutes: Number(values.interval),
      ...(values.atlas && { options: { useAtlas: true } }),
    })),
  );
}

const KINDS = ['path', 'asPath', 'reach', 'rtt'] as const;
const countKinds = (watches: readonly StudiedWatch[], isAfter: boolean): string[] =>
  KINDS.map((kind) =>
    String(
      watches.filter(({ changes }) => changes.some((one) => one.isAfter === isAfter && one.kinds.includes(kind)))
        .length,
    ),
  );
const sum = (of: (watch: StudiedWatch) => number): number => studied.reduce((total, watch) => total + of(watch), 0);

if (values.json) {
  for (const watch of studied)
    process.stdout.write(
      `${JSON.stringify({ ...watch, before: undefined, after: undefined, truth: changeBetween(watch.before, watch.after) })}\n`,
    );
} else {
  const runs = sum((watch) => watch.runs);
  process.stdout.write(
    `${studied.length} watches, ${runs} runs, ${sum((watch) => watch.confirmations)} of them confirmations; ${sum((watch) => watch.reached)} reached the source\n\n`,
  );
  const groups: [string, StudiedWatch[], boolean][] = [['no change, before the failures', studied, false]];
  for (const truth of ['none', 'balancing', 'routers', 'networks', 'unreachable'] satisfies TrueChange[])
    groups.push([
      `after the failures: ${truth}`,
      studied.filter(({ before, after }) => changeBetween(before, after) === truth),
      true,
    ]);
  const rows = groups.map(([name, watches, isAfter]) => [
    name,
    String(watches.length),
    String(watches.filter(({ changes }) => changes.some((one) => one.isAfter === isAfter)).length),
    ...countKinds(watches, isAfter),
  ]);
  process.stdout.write(renderTable([['truth', 'watches', 'reported a change', ...KINDS], ...rows]));
}
