import type { ForwardingParameters } from './forwarding-parameters.ts';
import { KIND_FORWARDING } from './kind-forwarding.ts';

/** The forwarding of profile `published`. */
export const PUBLISHED_FORWARDING: ForwardingParameters = {
  ...KIND_FORWARDING,
  destinationNeverStamps: 0.04,
  destinationStampsAlias: 0.1,
  transitStampsTwice: 0.08,
  stubDropsOptions: 0.13,
  enterpriseDropsOptions: 0.18,
};
