import { SimError } from '../errors.ts';
import { PROFILES, type Profile } from './profiles.ts';
import type { SimParameters } from './sim-parameters.ts';
import { SIZES, type Size } from './sizes.ts';

/** Parameters that are numbers of something; all others are shares. */
const NUMBERS = [
  'seed',
  'ases',
  'routers',
  'rateLimitPerSecond',
  'optionsSlowPathPerSecond',
  'sharedPrivatePool',
  'transitPrefixesPerRouter',
  'accessDepth',
  'backboneCityRouters',
  'coreRouters',
  'peering',
  'regionalProviders',
  'regionalPeers',
  'linkFailureMinutes',
  'vantagePoints',
  'vantagePointNetworks',
  'atlasConeBias',
  'atlasFurtherProbes',
];

/** The parameters of a size and a profile, with any of them replaced. Default profile: `kind`. @throws {SimError} `badParameters` */
export function simParameters(
  size: Size,
  seed: number,
  changes: Partial<SimParameters> = {},
  profile: Profile = 'kind',
): SimParameters {
  const parameters = { ...PROFILES[profile], ...SIZES[size], seed, ...changes };
  if (!Number.isSafeInteger(parameters.seed)) throw bad('seed', parameters.seed);
  if (!(parameters.ases >= 10 && parameters.routers >= parameters.ases)) throw bad('ases', parameters.ases);
  for (const [name, value] of Object.entries(parameters)) {
    const isShare = !NUMBERS.includes(name);
    if (!Number.isFinite(value) || (isShare && (value < 0 || value > 1))) throw bad(name, value);
  }
  return parameters;
}

const bad = (name: string, value: number): SimError =>
  new SimError('badParameters', `parameter ${name} cannot be ${value}`, { name, value });
