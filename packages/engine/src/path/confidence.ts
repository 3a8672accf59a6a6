import type { AtlasMatchKind, TurningPoint } from './hop.ts';

/**
 * How often hops of each kind are on the true path: shares measured with `npm run evaluate` on the development seeds 1
 * to 3, size medium.
 */
export const CONFIDENCE = {
  destination: 1,
  source: 1,
  recordRoute: { stamp: 0.99, alias: 0.98, doubleStamp: 0.95, loop: 0.9, prefix: 0.9 } satisfies Record<
    TurningPoint,
    number
  >,
  atlas: { exact: 0.98, alias: 0.97, recordRoute: 0.97, recordRouteBetween: 0.6 } satisfies Record<
    AtlasMatchKind,
    number
  >,
  assumed: { intradomain: 0.9, interdomain: 0.57, notAdjacent: 0.5 },
} as const;
