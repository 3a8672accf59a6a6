import { parseArgs } from 'node:util';
import { parseOrExit } from '@revtr/lab/command-line';
import { createRandom } from '@revtr/probing';
import { type Profile, SimulatedInternet, type Size, simParameters } from '@revtr/sim';
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

const HELP = `npm run bench -- realism [--size SIZE] [--seed N] [--profile PROFILE] [--json]

Compares a simulated Internet with published figures. Default: size medium, seed 1, profile published.
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
          json: { type: 'boolean', default: false },
        },
      }),
    HELP,
  );
  const { size, profile, json } = values;
  const rows = await realismOf(size as Size, Number(values.seed), profile as Profile);
  return json ? rows : renderRealism(rows);
}

/** Compares one simulated Internet with published figures. The same arguments give the same rows. */
export async function realismOf(size: Size, seed: number, profile: Profile): Promise<RealismRow[]> {
  const internet = new SimulatedInternet({
    parameters: simParameters(size, seed, { vantagePoints: VANTAGE_POINTS }, profile),
  });
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
