import type { AtlasMatchKind, Evidence, StandInScope, TimestampProof, TurningPoint } from './evidence.ts';

/**
 * How often a hop of each kind is on the true path when the hop before it is: shares over the development seeds 1 to 3 of the simulator, profile
 * `published`, size medium, fleets of 10 and 50 (`npm run evaluate -- --json`, `kinds`). Kinds with few hops have the share of the kind beside
 * them. Those of timestamps, which the default plan does not use, are of plan `revtr1` and profile `kind`.
 */
export const CONFIDENCE = {
  destination: 1,
  source: 1,
  recordRoute: { stamp: 0.987, alias: 0.99, doubleStamp: 0.99, loop: 0.99, prefix: 0.98 } satisfies Record<
    TurningPoint,
    number
  >,
  atlas: { exact: 0.987, alias: 0.978, recordRoute: 0.982, recordRouteBetween: 0.975 } satisfies Record<
    AtlasMatchKind,
    number
  >,
  timestamp: { order: 0.99, honest: 0.95, bothWays: 0.95, backOnly: 0.95 } satisfies Record<TimestampProof, number>,
} as const;

/** Probabilities (0 to 1) of hops that no probe shows, given that the hop before is right. */
export interface AssumptionConfidence {
  /** Each hop of the path of a stand-in host, by what it shares with the destination. */
  readonly proxy: Readonly<Record<StandInScope, number>>;
  /** Factor of the same when the path of the stand-in is longer or shorter than that of the destination. */
  readonly proxyOfOtherLength: number;
  /** A hop of another host's path, from where it leaves the network that both paths cross. */
  readonly networkPath: number;
  /** The first hop from an address of the same /24: when the distance of the destination confirms it, and when it cannot. */
  readonly neighbour: number;
  readonly neighbourUnconfirmed: number;
  /** The gateway of a host: the router before it on the forward path. */
  readonly gateway: number;
  /** In the same network, and across a border; with nothing silent between, and with something. */
  readonly intradomain: number;
  readonly intradomainNotAdjacent: number;
  readonly interdomain: number;
  readonly interdomainNotAdjacent: number;
}

/**
 * Values published for the real Internet (IMC 2022): 90 % within a network, 57 % across a border. The others are not published; they are
 * set by judgement: lower for hops that are not adjacent and for stand-ins that share less with the destination.
 */
export const PUBLISHED_ASSUMPTIONS: AssumptionConfidence = {
  proxy: { subnet: 0.99, prefix: 0.95, network: 0.9 },
  proxyOfOtherLength: 0.9,
  networkPath: 0.85,
  neighbour: 0.97,
  neighbourUnconfirmed: 0.9,
  gateway: 0.95,
  intradomain: 0.9,
  intradomainNotAdjacent: 0.8,
  interdomain: 0.57,
  interdomainNotAdjacent: 0.45,
};

/**
 * Values measured on development seeds of the simulator, profile `published`, as those of {@link CONFIDENCE}. Its paths are more symmetric than
 * those of the real Internet, so a deployment must not use them.
 */
export const SIMULATED_PUBLISHED_ASSUMPTIONS: AssumptionConfidence = {
  proxy: { subnet: 0.976, prefix: 0.9, network: 0.955 },
  proxyOfOtherLength: 0.98,
  networkPath: 0.93,
  neighbour: 0.97,
  neighbourUnconfirmed: 0.97,
  gateway: 0.999,
  intradomain: 0.943,
  intradomainNotAdjacent: 0.96,
  interdomain: 0.77,
  interdomainNotAdjacent: 0.79,
};

/** The same for profile `kind`. */
export const SIMULATED_ASSUMPTIONS: AssumptionConfidence = {
  proxy: { subnet: 0.9995, prefix: 0.985, network: 0.985 },
  proxyOfOtherLength: 0.93,
  networkPath: 0.93,
  neighbour: 0.9995,
  neighbourUnconfirmed: 0.99,
  gateway: 0.999,
  intradomain: 0.845,
  intradomainNotAdjacent: 0.765,
  interdomain: 0.89,
  interdomainNotAdjacent: 0.71,
};

/**
 * Probability that a hop behind a wrong one is on the path again: between the shares of the profiles `kind` (0.38, 0.06, 0.17) and `published`
 * (0.5, 0.25, 0.48) of the simulator. The path of another host rejoins sooner than a wrong assumption does.
 */
export const rejoinChance = ({ type }: Evidence): number =>
  type === 'proxy' || type === 'networkPath' ? 0.44 : type === 'symmetry' ? 0.15 : 0.3;

/** Factor of a hop's confidence when other probes saw another router in its place. */
export const CONTRADICTED = 0.99;
