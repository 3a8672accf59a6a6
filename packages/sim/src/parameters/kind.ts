import { KIND_FORWARDING } from './kind-forwarding.ts';
import type { ProfileParameters } from './sim-parameters.ts';

/** An Internet with few obstacles: the profile of development and of tests of single behaviours. */
export const KIND: ProfileParameters = {
  ...KIND_FORWARDING,
  hostAnswersPing: 0.5,
  hostAnswersOptions: 0.8,
  spoofingAllowed: 0.31,
  prepending: 0.05,
  atlasProbeNetworks: 0.3,
  vantagePoints: 50,
  missingPrefixes: 0.005,
  wrongPrefixes: 0.002,
  knownAliases: 0.6,
  wrongAliases: 0.002,
  missingExchangeAddresses: 0.1,
  wrongExchangeAddresses: 0.01,
  missingRelations: 0.1,
  missingNames: 0.02,
};
