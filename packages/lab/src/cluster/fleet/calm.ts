import type { SimParameters } from '@revtr/sim';

/**
 * Parameters of a simulated Internet whose answers depend neither on chance nor on time: no packet is lost, overtaken or held back, no router limits or
 * balances by more than addresses, and no link fails.
 */
export const CALM = {
  linkLoss: 0,
  reordering: 0,
  congestedLinks: 0,
  congestedLinkLoss: 0,
  hostDelay: 0,
  rateLimitedRouter: 0,
  optionsSlowPath: 0,
  optionsSlowPathLoss: 0,
  perFlowBalancing: 0,
  perPacketBalancing: 0,
  linkFailuresPerDay: 0,
} as const satisfies Partial<SimParameters>;
