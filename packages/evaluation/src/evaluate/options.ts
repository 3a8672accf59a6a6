import { availableParallelism } from 'node:os';
import { FAMILIES, isSize, PROFILES, SIZES } from '@revtr/sim';
import { readNumbers } from '../seeds/read-numbers.ts';
import { PLANS } from './units/plans.ts';
import { ATLAS_CONTENTS, isContent, isFamily, isProfile, type Unit } from './units/unit.ts';

/** The plans that are compared by default. One that asks for traceroutes differs from the same plan without only where probes are left to ask. */
const USUAL_PLANS = Object.keys(PLANS).filter((name) => !PLANS[name].asksTraceroutes);

/** The options of `npm run evaluate`, as `parseArgs` of `node:util` takes them. */
export const OPTIONS = {
  profile: { type: 'string', default: 'published' },
  family: { type: 'string', default: 'grown' },
  size: { type: 'string', default: 'medium' },
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '1000' },
  hours: { type: 'string', default: '24' },
  fleet: { type: 'string', default: '50' },
  plan: { type: 'string', default: USUAL_PLANS.join(',') },
  atlas: { type: 'string', default: 'usual' },
  'atlas-probes': { type: 'string', default: '1' },
  cores: { type: 'string' },
  ledger: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const HELP = `npm run evaluate -- [options]

Measures random pairs on simulated Internets with each plan and compares the
results with the ground truth.

  --profile <list>  ${Object.keys(PROFILES).join(', ')}; default published
  --family <list>   ${Object.keys(FAMILIES).join(', ')}, or caida:FILE with an
                    AS-relationship file of CAIDA; default grown
  --size <list>     ${Object.keys(SIZES).join(', ')}; default medium
  --seed <list>     seeds of the simulated Internets and pairs, for example
                    101-105,120; default 1. Use 1 to 10 for development and
                    seeds that nobody has looked at for published figures. The
                    command warns when a seed was looked at before
  --fleet <list>    number of vantage points; default 50. Fleets of one run are
                    parts of the largest one
  --pairs <n>       number of pairs for each seed; default 1000. For each kind
                    of unusual destination a tenth is added
  --hours <n>       virtual hours over which the pairs are spread while routing
                    changes; default 24. With 0 it does not change
  --plan <list>     plans, of which the first one is compared with the others on
                    the same pairs; default all but on-demand:
                    ${Object.keys(PLANS).slice(0, 4).join(', ')},
                    ${Object.keys(PLANS).slice(4).join(', ')}
  --atlas <list>    contents of the atlas:
                    ${ATLAS_CONTENTS.join(', ')};
                    default usual. With any other value, the same number of
                    other pairs is measured two virtual hours earlier
  --atlas-probes <s>  share of the networks with RIPE Atlas probes whose first
                      probe is asked for the atlas, 0 to 1; default 1, which
                      means every probe of every network
  --cores <n>       simulated Internets at the same time; default one for each
                    core
  --out <folder>    store the result of each run in this folder, reuse stored
                    results, and write tables (text and Markdown), JSON and
                    plots (SVG)
  --ledger <file>   list of the looks at held-out seeds, to which this run is
                    added; default packages/evaluation/seed-ledger.jsonl
  --json            print the figures as JSON
`;

/** Values of the options that say what is measured. */
export type UnitOptions = Readonly<
  Record<
    'profile' | 'family' | 'size' | 'seed' | 'pairs' | 'hours' | 'fleet' | 'plan' | 'atlas' | 'atlas-probes',
    string
  >
>;

/** All combinations of the options; `undefined` if an option is invalid. */
export function readUnits(values: UnitOptions): Unit[] | undefined {
  const [pairs, hours] = [Number(values.pairs), Number(values.hours)];
  const isPlan = (text: string): text is string => text in PLANS;
  const isFleet = (fleet: number): boolean => isWithin(fleet, 1, 10_000);
  const profiles = readNames(values.profile, isProfile);
  const families = readNames(values.family, isFamily);
  const sizes = readNames(values.size, isSize);
  const plans = readNames(values.plan, isPlan);
  const contents = readNames(values.atlas, isContent);
  const [seeds, fleets] = [readNumbers(values.seed), readNumbers(values.fleet)];
  const lists = [profiles, families, sizes, fleets, plans, contents, seeds];
  const arePositive = isWithin(pairs, 1, 1_000_000) && isWithin(hours, 0, 1_000);
  const atlasProbes = Number(values['atlas-probes']);
  if (!(atlasProbes >= 0 && atlasProbes <= 1)) return undefined;
  if (lists.some(({ length }) => length === 0) || !arePositive || !fleets.every(isFleet)) return undefined;
  const common = { pairs, hours, atlasProbes, mostVantagePoints: Math.max(...fleets), changes: {} };
  return profiles.flatMap((profile) =>
    families.flatMap((family) =>
      sizes.flatMap((size) =>
        fleets.flatMap((fleet) =>
          plans.flatMap((plan) =>
            contents.flatMap((atlas) =>
              seeds.map((seed): Unit => ({ ...common, profile, family, size, fleet, plan, atlas, seed })),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Simulated Internets at the same time, by default one for each core; `undefined` if the option is invalid. */
export function readCores(text: string | undefined): number | undefined {
  const cores = text === undefined ? availableParallelism() : Number(text);
  return isWithin(cores, 1, Number.POSITIVE_INFINITY) ? cores : undefined;
}

/** The names of a list; none if one of them is unknown. */
function readNames<Name extends string>(text: string, isName: (name: string) => name is Name): Name[] {
  const names = text.split(',');
  return names.every(isName) ? names : [];
}

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
