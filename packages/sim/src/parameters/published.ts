import { KIND } from './kind.ts';
import { PUBLISHED_FORWARDING } from './published-forwarding.ts';
import type { ProfileParameters } from './sim-parameters.ts';

/** An Internet calibrated on published measurements; `npm run bench -- realism` compares it with them. */
export const PUBLISHED: ProfileParameters = {
  ...KIND,
  ...PUBLISHED_FORWARDING,
  atlasProbeNetworks: 0.056,
  knownAliases: 0.19,
};
