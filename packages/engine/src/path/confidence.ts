import type { AtlasMatchKind, Evidence, ProxyScope, TimestampProof, TurningPoint } from './evidence.ts';

/**
 * How often a hop of each kind is on the true path when the hop before it is: shares over the development seeds 1 to 6 of the simulator, size
 * medium, fleets of 10, 50 and 150 (`npm run evaluate -- --json`, `kinds`). Those of timestamps, which the default plan does not use, are of
 * plan `revtr1`.
 */
export const CONFIDENCE = {
  destination: 1,
  source: 1,
  recordRoute: { stamp: 0.9995, alias: 0.999, doubleStamp: 0.999, loop: 0.998, prefix: 0.998 } satisfies Record<
    TurningPoint,
    number
  >,
  atlas: { exact: 0.9995, alias: 0.9993, recordRoute: 0.9992, recordRouteBetween: 0.985 } satisfies Record<
    AtlasMatchKind,
    number
  >,
  timestamp: { order: 0.99, honest: 0.95, bothWays: 0.95, backOnly: 0.95 } satisfies Record<TimestampProof, number>,
} as const;

/** How often what nothing shows is right all the same, when the hop before is. */
export interface AssumptionConfidence {
  /** Each hop of the way of a host that stands beside the destination, by what the two share. */
  readonly proxy: Readonly<Record<ProxyScope, number>>;
  /** The router before a hop on the way there: the gateway of a host. */
  readonly gateway: number;
  /** In the same network, and across a border; with nothing silent between, and with something. */
  readonly intradomain: number;
  readonly intradomainNotAdjacent: number;
  readonly interdomain: number;
  readonly interdomainNotAdjacent: number;
}

/**
 * As published for the real Internet (IMC 2022): 90 % within a network, 57 % across a border. What was not published is set below:
 * a gateway is not always one, what is not adjacent is less sure, and so is the way of a neighbour.
 */
export const PUBLISHED_ASSUMPTIONS: AssumptionConfidence = {
  proxy: { subnet: 0.99, prefix: 0.95, network: 0.9 },
  gateway: 0.95,
  intradomain: 0.9,
  intradomainNotAdjacent: 0.8,
  interdomain: 0.57,
  interdomainNotAdjacent: 0.45,
};

/** As measured on the development seeds of the simulator, which is kinder to symmetry across borders than the real Internet. */
export const SIMULATED_ASSUMPTIONS: AssumptionConfidence = {
  proxy: { subnet: 0.9995, prefix: 0.975, network: 0.975 },
  gateway: 0.999,
  intradomain: 0.845,
  intradomainNotAdjacent: 0.765,
  interdomain: 0.89,
  interdomainNotAdjacent: 0.71,
};

/**
 * Chance that a hop found behind one that is not on the path is on it again: measured as above. Ways of neighbours come together sooner than
 * a wrong turn comes back.
 */
export const rejoinChance = ({ type }: Evidence): number =>
  type === 'proxy' ? 0.38 : type === 'symmetry' ? 0.06 : 0.17;

/** What is left of a hop's confidence when other probes saw another router in its place: packets may go either way. */
export const CONTRADICTED = 0.99;
