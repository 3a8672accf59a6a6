import type { Relation } from '../facts/relations.ts';
import type { AtlasMatchKind, StandInScope, TimestampProof, TurningPoint } from './evidence.ts';
import type { Hop } from './hop.ts';
import { INDEPENDENT_STEPS, type WholePathWeights } from './whole-path.ts';

/**
 * Probabilities of the first hop that one probe or traceroute shows behind a hop of the path, and of each one behind it. What is wrong is mostly
 * wrong from the first one on, so the two differ, and the hops of one probe are not independent of each other.
 */
interface Sequence {
  readonly first: number;
  readonly further: number;
}

/**
 * How often a hop of each kind is on the true path when the hop before it is: shares over the development seeds 1 to 6 of the simulator, profile
 * `published`, family `grown`, size medium, fleets of 10 and 50 (`npm run evaluate -- --json`, `kinds`). Kinds with few hops have the share of the kind
 * beside them. Those of timestamps, which the default plan does not use, are of plan `revtr1` and profile `kind`.
 */
export const CONFIDENCE = {
  destination: 1,
  source: 1,
  recordRoute: {
    stamp: { first: 0.992, further: 0.992 },
    alias: { first: 0.99, further: 0.988 },
    doubleStamp: { first: 0.98, further: 0.985 },
    loop: { first: 0.992, further: 0.99 },
    prefix: { first: 0.995, further: 0.995 },
  } satisfies Record<TurningPoint, Sequence>,
  atlas: {
    exact: { first: 0.997, further: 0.997 },
    alias: { first: 0.975, further: 0.989 },
    recordRoute: { first: 0.997, further: 0.997 },
    recordRouteBetween: { first: 0.985, further: 0.997 },
  } satisfies Record<AtlasMatchKind, Sequence>,
  /** A hop of the atlas that may lie before the place where the path meets it. */
  atlasBetween: 0.984,
  /** A hop of the atlas behind a router that other traceroutes leave to another next hop: where all of them pass the hop after it again, and elsewhere. */
  atlasBranch: { rejoining: 0.985, open: 0.9 },
  timestamp: { order: 0.99, honest: 0.95, bothWays: 0.95, backOnly: 0.95 } satisfies Record<TimestampProof, number>,
} as const;

/** How the path of a stand-in compares with the distance of the destination. */
type PathLength = 'asLong' | 'other' | 'unknown';

/** Probabilities (0 to 1) of hops that no probe shows, given that the hop before is right. */
export interface AssumptionConfidence {
  /**
   * The first hop of the path of a stand-in host, by what it shares with the destination: when its path is as long as that of the destination,
   * when it has another length, and when that is unknown. Then each hop behind it.
   */
  readonly proxy: Readonly<Record<StandInScope, Readonly<Record<PathLength, number>>>>;
  readonly proxyFurther: number;
  /** The hops of another host's path through the same network: the first one often shows another way inside that network. */
  readonly networkPath: Sequence;
  /** The first hop from an address of the same /24: when the distance of the destination confirms it, and when it cannot. */
  readonly neighbour: number;
  readonly neighbourUnconfirmed: number;
  /** The gateway of a host: the router before it on the forward path. */
  readonly gateway: number;
  /** A router of the same network, where that is the network of the destination, and where it is another one. */
  readonly intradomain: { readonly ofDestination: number; readonly elsewhere: number };
  /** A router across a border, by what its network is to the network of the hop before. */
  readonly interdomain: Readonly<Record<Relation | 'unknown', number>>;
  /** Factors of the two where a silent hop may lie between. */
  readonly notAdjacent: { readonly intradomain: number; readonly interdomain: number };
  /** How the steps make the probability of a whole path. */
  readonly wholePath: WholePathWeights;
}

/** Shares of stand-ins and of paths through the same network, for which nothing is published: as those of {@link CONFIDENCE}. */
const STAND_INS = {
  proxy: {
    subnet: { asLong: 0.985, other: 0.8, unknown: 0.97 },
    prefix: { asLong: 0.34, other: 0.17, unknown: 0.2 },
    network: { asLong: 0.58, other: 0.27, unknown: 0.29 },
  },
  proxyFurther: 0.985,
  networkPath: { first: 0.44, further: 0.991 },
} satisfies Partial<AssumptionConfidence>;

/** Published for the real Internet (IMC 2022, section 4.4): 90 % within a network, 57 % across a border. */
const CITED = {
  intradomain: { ofDestination: 0.9, elsewhere: 0.9 },
  interdomain: { customer: 0.57, peer: 0.57, provider: 0.57, unknown: 0.57 },
} satisfies Partial<AssumptionConfidence>;

/** Set by judgement, because no publication has them. */
const JUDGED = {
  neighbour: 0.97,
  neighbourUnconfirmed: 0.9,
  gateway: 0.95,
  notAdjacent: { intradomain: 0.85, interdomain: 0.85 },
} satisfies Partial<AssumptionConfidence>;

/**
 * Weights of the steps in a whole path: maximum likelihood over development seeds 1 to 10 of family `grown` and 1 to 6 of `flat`, profile
 * `published`, size medium, fleets of 10 and 50, with both families counting the same, rounded towards independent steps.
 */
const FITTED_WEIGHTS: WholePathWeights = { recordRoute: 0.7, intradomainElsewhere: 0.5, gateway: 0.962, length: 1.15 };

/**
 * Values for the real Internet: {@link CITED} ones where there are any, else {@link JUDGED} ones, and those of the simulator for {@link STAND_INS}
 * and for what probes show.
 */
export const PUBLISHED_ASSUMPTIONS: AssumptionConfidence = {
  ...STAND_INS,
  ...JUDGED,
  ...CITED,
  wholePath: { ...FITTED_WEIGHTS, intradomainElsewhere: 1, gateway: 1 },
};

/**
 * Values measured on development seeds of the simulator, profile `published`, as those of {@link CONFIDENCE}. Its paths are more symmetric than
 * those of the real Internet, so a deployment must not use them.
 */
export const SIMULATED_PUBLISHED_ASSUMPTIONS: AssumptionConfidence = {
  ...STAND_INS,
  neighbour: 0.98,
  neighbourUnconfirmed: 0.97,
  gateway: 0.9995,
  intradomain: { ofDestination: 0.957, elsewhere: 0.67 },
  interdomain: { customer: 0.82, peer: 0.68, provider: 0.72, unknown: 0.745 },
  notAdjacent: { intradomain: 0.985, interdomain: 0.66 },
  wholePath: FITTED_WEIGHTS,
};

/** The same for profile `kind`. */
export const SIMULATED_ASSUMPTIONS: AssumptionConfidence = {
  ...STAND_INS,
  neighbour: 0.9995,
  neighbourUnconfirmed: 0.99,
  gateway: 0.999,
  intradomain: { ofDestination: 0.855, elsewhere: 0.855 },
  interdomain: { customer: 0.93, peer: 0.93, provider: 0.93, unknown: 0.93 },
  notAdjacent: { intradomain: 0.93, interdomain: 0.93 },
  wholePath: INDEPENDENT_STEPS,
};

/**
 * Probability that a hop behind a wrong one is on the path again, from the same seeds. Hops of one traceroute of the atlas rejoin sooner.
 */
export function rejoinChance({ evidence: { type }, isContinuation }: Pick<Hop, 'evidence' | 'isContinuation'>): number {
  if (type === 'symmetry') return 0.17;
  if (type === 'atlas') return isContinuation === true ? 0.5 : 0.31;
  if (type === 'networkPath') return isContinuation === true ? 0.37 : 0.16;
  return 0.35;
}

/** Factor of a hop's confidence when other probes saw another router in its place. */
export const CONTRADICTED = 0.99;
