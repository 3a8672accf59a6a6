import type { AtlasMatchKind, TimestampProof, TurningPoint } from './hop.ts';

/**
 * How often a hop of each kind is on the true path when the hop before it is. For what probes show: shares over the
 * development seeds 1 to 3 of the simulator, size medium, rounded down. For assumptions: the shares published for the real
 * Internet (90 % within a network, 57 % across a border, IMC 2022), since the simulator is kinder to symmetry than that; a
 * host's gateway, always right in the simulator, is set between.
 */
export const CONFIDENCE = {
  destination: 1,
  source: 1,
  recordRoute: { stamp: 0.995, alias: 0.99, doubleStamp: 0.99, loop: 0.98, prefix: 0.98 } satisfies Record<
    TurningPoint,
    number
  >,
  atlas: { exact: 0.995, alias: 0.99, recordRoute: 0.995, recordRouteBetween: 0.97 } satisfies Record<
    AtlasMatchKind,
    number
  >,
  timestamp: { order: 0.97, honest: 0.95, bothWays: 0.9, backOnly: 0.9 } satisfies Record<TimestampProof, number>,
  assumed: { gateway: 0.95, intradomain: 0.9, interdomain: 0.57, notAdjacent: 0.5 },
} as const;
