import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { type Size, simParameters } from '@revtr/sim';
import { currentCommit } from '../provenance/commit.ts';
import { say } from '../say.ts';
import { lookAt } from '../seeds/look.ts';
import { readNumbers } from '../seeds/read-numbers.ts';
import { mean } from '../statistics/quantiles.ts';
import { renderTable } from '../statistics/table.ts';
import { judgePlacements, type PlacementFigures } from './placement.ts';
import { POLICIES } from './refresh-policies.ts';
import { type StudyDay, studyPolicy } from './refresh-study.ts';

const HELP = `npm run evaluate:atlas -- placement|refresh [options]

placement   measures how accurately the atlas places Record Route
            addresses on its paths
refresh     measures accuracy over virtual days with routing changes, for each
            policy of refreshing the atlas

  --seed <list>   seeds of the simulated Internets; default 11,12,13
  --size <size>   small, medium or large; default medium
  --days <n>      virtual days of the refresh study; default 5
  --pairs <n>     reverse traceroutes in each hour of the refresh study; default
                  40
  --ledger <file> list of the looks at held-out seeds, to which this run is
                  added; default packages/evaluation/seed-ledger.jsonl
  --json          print the figures as JSON

To compare atlases with different contents, run:
npm run evaluate -- --atlas none,traceroutes,recordRoute,grown
`;

const { values, positionals } = parseOrExit(
  () =>
    parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string', default: '11,12,13' },
        size: { type: 'string', default: 'medium' },
        days: { type: 'string', default: '5' },
        pairs: { type: 'string', default: '40' },
        ledger: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }),
  HELP,
);

/** Each day, one link between networks in a hundred fails for some hours, and one network in fifty changes its prepending. */
const RATES = {
  small: { failuresPerDay: 3, meanHours: 8, prependsPerDay: 1 },
  medium: { failuresPerDay: 40, meanHours: 8, prependsPerDay: 20 },
};

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const seeds = readNumbers(values.seed);

async function placement(): Promise<void> {
  const all: PlacementFigures[] = [];
  for (const seed of seeds) {
    const world = new SimulatedWorld({ parameters: simParameters(values.size as Size, seed), sources: 10 });
    const { atlas } = await world.internet.clock.drive(world.prepare());
    all.push(...world.sources.map(({ address }) => judgePlacements(atlas, address, world.internet.truth)));
  }
  const sum = (of: (figures: PlacementFigures) => number): number =>
    all.reduce((total, figures) => total + of(figures), 0);
  const [exact, exactWrong] = [sum(({ exact: e }) => e.right), sum(({ exact: e }) => e.wrong)];
  const [between, betweenWrong] = [sum(({ between: b }) => b.right), sum(({ between: b }) => b.wrong)];
  const total = exact + exactWrong + between + betweenWrong;
  const contradictions = {
    order: sum((f) => f.contradictions.order),
    bounds: sum((f) => f.contradictions.bounds),
    branch: sum((f) => f.contradictions.branch),
    asLoop: sum((f) => f.contradictions.asLoop),
  };
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ seeds, exact, exactWrong, between, betweenWrong, contradictions }, null, 2)}\n`,
    );
    return;
  }
  process.stdout.write(
    [
      `seeds ${values.seed}, ${values.size}, ${all.length} sources, ${total} placements`,
      `exactly, and right    ${percent(exact / total)}`,
      `between, and right    ${percent(between / total)}`,
      `exactly, but wrong    ${percent(exactWrong / total)}  (${percent(exactWrong / (exact + exactWrong))} of the exact ones)`,
      `between, but wrong    ${percent(betweenWrong / total)}  (${percent(betweenWrong / (between + betweenWrong))} of those between)`,
      `left out for contradictions: ${contradictions.order} by order, ${contradictions.bounds} by bounds, ${contradictions.branch} by branch, ${contradictions.asLoop} by AS loop`,
      '',
    ].join('\n'),
  );
}

async function refresh(): Promise<void> {
  const rates = values.size === 'small' ? RATES.small : RATES.medium;
  const options = { size: values.size as Size, days: Number(values.days), pairsPerHour: Number(values.pairs), rates };
  const table: Record<string, StudyDay> = {};
  for (const policy of POLICIES) {
    const days: StudyDay[] = [];
    for (const seed of seeds) {
      // The first day is the same for all policies, because the atlas is new.
      days.push(...(await studyPolicy(policy, { ...options, seed })).slice(1));
      say(`${policy.name}, seed ${seed}: done`);
    }
    const average = (of: keyof StudyDay): number => mean(days.map((day) => day[of]));
    table[policy.name] = {
      reach: average('reach'),
      atlasHopsRight: average('atlasHopsRight'),
      hopsRight: average('hopsRight'),
      asPathsExact: average('asPathsExact'),
      optionProbes: average('optionProbes'),
      fromAtlas: average('fromAtlas'),
      budget: average('budget'),
    };
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ seeds, ...options, table }, null, 2)}\n`);
    return;
  }
  const head = ['', 'credits', 'atlas hops right', 'hops right', 'AS exact', 'reach', 'from atlas', 'option probes'];
  const rows = Object.entries(table).map(([name, day]) => [
    name,
    percent(day.budget),
    percent(day.atlasHopsRight),
    percent(day.hopsRight),
    percent(day.asPathsExact),
    percent(day.reach),
    percent(day.fromAtlas),
    day.optionProbes.toFixed(2),
  ]);
  process.stdout.write(renderTable([head, ...rows]));
}

const [study] = positionals;
if (values.help || (study !== 'placement' && study !== 'refresh') || seeds.length === 0) {
  if (!values.help && seeds.length === 0) say(`evaluate:atlas: the value '${values.seed}' of --seed is invalid\n`);
  (values.help ? process.stdout : process.stderr).write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  const command = `evaluate:atlas ${process.argv.slice(2).join(' ')}`;
  await lookAt(new Set(seeds), { ledger: values.ledger, command, commit: await currentCommit(), warn: say });
  await (study === 'placement' ? placement() : refresh());
}
