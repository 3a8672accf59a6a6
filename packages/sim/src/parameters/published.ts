import { KIND } from './kind.ts';
import { PUBLISHED_FORWARDING } from './published-forwarding.ts';
import type { ProfileParameters } from './sim-parameters.ts';

/** An Internet calibrated on published measurements; `npm run bench -- realism` compares it with them. */
export const PUBLISHED: ProfileParameters = {
  ...KIND,
  ...PUBLISHED_FORWARDING,
  accessPrefixAnswersPing: 0.76,
  otherPrefixAnswersPing: 0.84,
  prefixAnswersOptions: 0.85,
  hostAnswersOptions: 0.97,
  transitPrefixesPerRouter: 1.2,
  gatewaysAnywhere: 0.4,
  splitPrefixes: 0.1,
  spoofingAllowed: 0.16,
  transitSpoofingAllowed: 0.8,
  sometimesStamps: 0.02,
  uniformStamps: 0.5,
  prepending: 0.2,
  unequalPreferences: 0.3,
  peering: 4,
  hubs: 0.7,
  bordersAtCore: 0.85,
  unequalUplinks: 0.95,
  asymmetricCosts: 0.6,
  deepAccess: 0.45,
  accessDepth: 8,
  meetingPlaces: 0.7,
  parallelLinks: 0.5,
  atlasProbeNetworks: 0.056,
  atlasConeBias: 6,
  atlasFurtherProbes: 1.9,
  deepSources: 0,
  wellConnectedVantagePoints: 1,
  knownAliases: 0.19,
};
