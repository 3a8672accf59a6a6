import type { HopTechnique, Trust } from '@revtr/engine';
import type { Basis } from './basis.ts';
import type { Failure } from './failure.ts';
import type { WholePathSteps } from './whole-path-steps.ts';

/** A judged hop. It is `unjudged` if its address belongs to no router, for example a private address. */
export interface JudgedHop {
  readonly technique: HopTechnique;
  /** Kind of evidence, finer than the technique (`hopKindOf` of the engine). */
  readonly kind: string;
  /** The constant that gives its probability behind a right hop (`constantOf`). */
  readonly constant: string;
  /** How much more likely, according to the engine, what was observed of it is where it is right; absent where nothing was observed. */
  readonly ratio?: number;
  /** Probability from 0 to 1 that the hop is right, according to the engine. */
  readonly confidence: number;
  readonly trust: Trust;
  /** Right if packets of any flow from the destination to the source can pass its router. */
  readonly verdict: 'right' | 'wrong' | 'unjudged';
  /** Whether packets of one given flow pass its router. Load balancers send other flows elsewhere. */
  readonly isRightByOneFlow: boolean;
}

/** How many routers of a set a path shows. */
export interface Found {
  readonly found: number;
  readonly of: number;
}

/** A reverse traceroute compared with the ground truth, and its cost. */
export interface JudgedPair {
  readonly reached: boolean;
  /** What the path rests on. */
  readonly basis: Basis;
  /** Whether a hop is assumed across a border between networks. */
  readonly usesInterdomainAssumption: boolean;
  /** Whether a hop is from the path of a host outside the /24 of the destination. */
  readonly usesFarStandIn: boolean;
  /** Hops between destination and source. */
  readonly hops: readonly JudgedHop[];
  /** Of all routers on the true path of one flow. */
  readonly routers: Found;
  /** Of the routers that a traceroute from the destination to the source shows. */
  readonly visibleRouters: Found;
  /** Whether the AS path that users see equals the true one. */
  readonly asPathExact: boolean;
  /** Whether the AS path equals the true one if every hop is mapped to the origin of its address. */
  readonly asPathExactByOrigins: boolean;
  /** Whether the AS path equals the true one if this project's search finds the networks of the hops (`networksOfHops` of the engine). */
  readonly asPathExactBySearch: boolean;
  /** Whether the AS path equals the true one if every hop is mapped to the network that operates its router. */
  readonly asPathExactByOwners: boolean;
  /** Probability that all hops are right according to the engine, and whether they are. */
  readonly confidence: number;
  readonly allRight: boolean;
  /** What the confidence of the path is made of. */
  readonly steps: WholePathSteps;
  readonly optionProbes: number;
  readonly allProbes: number;
  readonly spoofedRounds: number;
  /** Duration in virtual time, in milliseconds. */
  readonly latencyMs: number;
  /** Why the path does not reach the source; absent if it does. */
  readonly failure?: Failure;
  /** Cause of an inexact AS path; absent if the AS path is exact. */
  readonly cause?: string;
}
