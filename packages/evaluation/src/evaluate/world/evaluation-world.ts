import { readFileSync } from 'node:fs';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { createRandom } from '@revtr/probing';
import {
  type AsGraph,
  FAMILIES,
  type FamilyName,
  parseAsRelationships,
  SimulatedInternet,
  simParameters,
} from '@revtr/sim';
import type { WorldSpec } from '../units/world-spec.ts';
import { scheduleDailyChanges } from './daily-changes.ts';

/** Number of sources. */
const SOURCES = 10;
const CAIDA = 'caida:';

/** A simulated Internet with its datasets, on which nothing has been measured. */
export interface EvaluationWorld {
  readonly spec: WorldSpec;
  readonly world: SimulatedWorld;
  /** Starts the same Internet anew at `startMs` (milliseconds since the Unix epoch): nothing that was sent before is felt. */
  readonly restart: (startMs: number) => SimulatedInternet;
}

/** Generates a simulated Internet with its datasets. Equal specifications give equal worlds. @throws {SimError} as {@link createInternet} */
export function createWorld(spec: WorldSpec): EvaluationWorld {
  const { hours } = spec;
  const internet = createInternet({
    ...spec,
    ...(hours === 0 && { changes: { linkFailuresPerDay: 0, ...spec.changes } }),
  });
  const { parameters } = internet;
  // The survey and the atlas come before the measurements.
  if (hours > 0) scheduleDailyChanges(internet, 1 + Math.ceil(hours / 24));
  const world = new SimulatedWorld({ parameters, internet, sources: SOURCES });
  return {
    spec,
    world,
    restart: (startMs) => new SimulatedInternet({ parameters, startMs, like: internet }),
  };
}

/** Generates a simulated Internet. @throws {SimError} `badRelationships` for a CAIDA file that is malformed */
export function createInternet(
  spec: Pick<WorldSpec, 'profile' | 'family' | 'size' | 'seed' | 'mostVantagePoints' | 'changes'>,
): SimulatedInternet {
  const { profile, size, seed, mostVantagePoints, changes } = spec;
  const graph = graphOf(spec);
  const counts = graph === undefined ? {} : countsOf(graph);
  const parameters = simParameters(size, seed, { vantagePoints: mostVantagePoints, ...counts, ...changes }, profile);
  const family = FAMILIES[isNamed(spec.family) ? spec.family : 'grown'];
  return new SimulatedInternet({ parameters, family, ...(graph && { graph }) });
}

const isNamed = (family: WorldSpec['family']): family is FamilyName => family in FAMILIES;

function graphOf({ family, seed }: Pick<WorldSpec, 'family' | 'seed'>): AsGraph | undefined {
  if (isNamed(family)) return undefined;
  return parseAsRelationships(readFileSync(family.slice(CAIDA.length), 'utf8'), createRandom(seed).fork('caida'));
}

/** Networks of the file, and six routers for each, as in size `large`. */
const countsOf = ({ tiers }: AsGraph) => ({ ases: tiers.length, routers: 6 * tiers.length });
