import { KIND } from './kind.ts';
import { PUBLISHED_FORWARDING } from './published-forwarding.ts';
import type { ProfileParameters } from './sim-parameters.ts';

/** An Internet calibrated on published measurements; `npm run bench -- realism` compares it with them. */
export const PUBLISHED: ProfileParameters = {
  ...KIND,
  ...PUBLISHED_FORWARDING,
  accessPrefixAnswersPing: 0.76,
  otherPrefixAnswersPing: 0.84,
  prefixAnswersOptions: 0.9,
  hostAnswersOptions: 0.95,
  gatewaysAnywhere: 0.4,
  splitPrefixes: 0.1,
  spoofingAllowed: 0.25,
  sometimesStamps: 0.02,
  uniformStamps: 0.5,
  prepending: 0.25,
  unequalPreferences: 0.25,
  asymmetricCosts: 0.1,
  accessDepth: 0.5,
  atlasProbeNetworks: 0.056,
  atlasConeBias: 6,
  atlasFurtherProbes: 1.9,
  wellConnectedVantagePoints: 1,
  knownAliases: 0.19,
};
