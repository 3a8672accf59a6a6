import type { ForwardingParameters } from './forwarding-parameters.ts';
import { KIND_FORWARDING } from './kind-forwarding.ts';

/** The forwarding of profile `published`. */
export const PUBLISHED_FORWARDING: ForwardingParameters = {
  ...KIND_FORWARDING,
};
