import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { createRandom } from '@revtr/probing';
import { isSize, type Profile, type Size } from '@revtr/sim';
import { isFamily, isProfile } from '../../evaluate/units/unit.ts';
import type { WorldSpec } from '../../evaluate/units/world-spec.ts';
import { createInternet } from '../../evaluate/world/evaluation-world.ts';
import { changeRows } from './changes.ts';
import { coverageRows } from './coverage.ts';
import { distanceRows } from './distance.ts';
import type { RealismRow } from './figure.ts';
import { forwardingRows } from './forwarding.ts';
import { pathRows, ttlRows } from './paths.ts';
import { renderRealism } from './render.ts';
import { responsivenessRows } from './responsiveness.ts';
import { surveyRecordRoute, takeCensus } from './survey.ts';
import { tracerouteRows } from './traceroutes.ts';

/** The vantage points of the published survey (IMC 2017). */
const VANTAGE_POINTS = 141;
const PREFIXES = 1_500;
const BITS_24 = 0xffffff00;

const HELP = `npm run bench -- realism [--size SIZE] [--seed N] [--profile PROFILE] [--family FAMILY] [--json]

Compares a simulated Internet with published figures. Default: size medium, seed 1, profile published, family grown.
FAMILY is grown, flat, or caida:FILE with an AS-relationship file of CAIDA.
`;

/** Prints one row for each published figure: value, tolerance, simulated value, and whether the simulated value agrees. */
export async function benchRealism(args: readonly string[]): Promise<string | readonly RealismRow[]> {
  const { values } = parseOrExit(
    () =>
      parseArgs({
        args: [...args],
        options: {
          size: { type: 'string', default: 'medium' },
          seed: { type: 'string', default: '1' },
          profile: { type: 'string', default: 'published' },
          family: { type: 'string', default: 'grown' },
          json: { type: 'boolean', default: false },
        },
      }),
    HELP,
  );
  const { size, profile, family, json } = values;
  const seed = Number(values.seed);
  if (!isSize(size) || !isProfile(profile) || !isFamily(family) || !Number.isSafeInteger(seed)) {
    process.stderr.write(HELP);
    process.exit(2);
  }
  const rows = await realismOf(size, seed, profile, family);
  return json ? rows : renderRealism(rows);
}

/** Compares one simulated Internet with published figures. The same arguments give the same rows. */
export async function realismOf(
  size: Size,
  seed: number,
  profile: Profile,
  family: WorldSpec['family'] = 'grown',
): Promise<RealismRow[]> {
  const internet = createInternet({ size, seed, profile, family, mostVantagePoints: VANTAGE_POINTS, changes: {} });
  const random = createRandom(seed).fork('realism');
  const all = [...new Set(internet.topology.hosts.prefixes.map(({ address }) => address & BITS_24))];
  const prefixes = random.shuffle(all).slice(0, PREFIXES);
  const isSampled = new Set(prefixes);
  const candidates = internet.places.hitlist.filter((address) => isSampled.has(address & BITS_24));
  const prober = internet.prober();
  const census = await takeCensus(internet, prober);
  const survey = await surveyRecordRoute(internet, prober, candidates);
  return [
    ...responsivenessRows(internet, census, survey),
    ...distanceRows(survey),
    ...ttlRows(internet, survey, random),
    ...pathRows(internet, candidates, random),
    ...(await tracerouteRows(internet, prober, candidates, random.fork('traceroutes'))),
    ...coverageRows(internet, survey),
    ...changeRows(internet, candidates, random),
    ...(await forwardingRows(internet, prober, survey.targets)),
  ];
}
