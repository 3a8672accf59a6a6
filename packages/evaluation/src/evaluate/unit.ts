import { FAMILIES, type FamilyName, PROFILES, type Profile, SIZES, type SimParameters, type Size } from '@revtr/sim';
import type { JudgedPair } from '../judging/judged-pair.ts';
import type { DestinationKind } from './world/destinations.ts';
import type { PreparationCost } from './world/preparation.ts';

/** One simulated Internet and the pairs that are measured on it. All its units share the topology, the routing and the pairs. */
export interface WorldSpec {
  readonly profile: Profile;
  /** Name of a family, or `caida:` and the path of an AS-relationship file. */
  readonly family: FamilyName | `caida:${string}`;
  readonly size: Size;
  readonly seed: number;
  /** Vantage points of the largest fleet. A smaller fleet has the first of them. */
  readonly mostVantagePoints: number;
  /** Number of pairs. Pairs with unusual destinations are measured in addition. */
  readonly pairs: number;
  /** Virtual hours over which the pairs are spread. The atlas is collected before and ages meanwhile. */
  readonly hours: number;
  /** Parameters that replace those of the profile. */
  readonly changes: Partial<SimParameters>;
}

/** One plan with one fleet on one simulated Internet. Its result is stored in one file. */
export interface Unit extends WorldSpec {
  readonly plan: string;
  /** Number of vantage points. */
  readonly fleet: number;
  /** Contents of the atlas. */
  readonly atlas: AtlasContent;
}

/**
 * Contents of the atlas. `none`: empty. `traceroutes`: traceroutes only. `recordRoute`: traceroutes and Record Route pings to
 * their hops. `grown`: in addition, paths of earlier reverse traceroutes. `usual`: the setting of the plan, without earlier
 * reverse traceroutes.
 */
export const ATLAS_CONTENTS = ['usual', 'none', 'traceroutes', 'recordRoute', 'grown'] as const;
export type AtlasContent = (typeof ATLAS_CONTENTS)[number];

/** A judged pair of a unit. */
export interface EvaluatedResult extends JudgedPair {
  readonly destination: DestinationKind;
  /** Whether it counts in the figures, and not only in the row of its kind of destination. */
  readonly isUsual: boolean;
}

/** The judged pairs of a unit, and what the preparation cost. */
export interface UnitResult {
  readonly unit: Unit;
  readonly preparation: PreparationCost;
  readonly pairs: readonly EvaluatedResult[];
}

export const isProfile = (text: string): text is Profile => text in PROFILES;
export const isSize = (text: string): text is Size => text in SIZES;
export const isContent = (text: string): text is AtlasContent => ATLAS_CONTENTS.some((content) => content === text);
export const isFamily = (text: string): text is WorldSpec['family'] => text in FAMILIES || /^caida:./.test(text);

/** What tells one simulated Internet from another. */
export const worldName = (spec: WorldSpec): string => {
  const { profile, family, size, seed, mostVantagePoints, pairs, hours, changes } = spec;
  const changed = Object.entries(changes).map(([name, value]) => `-${name}=${value}`);
  return `${profile}-${family}-${size}-seed${seed}-of${mostVantagePoints}vp-${pairs}pairs-${hours}h${changed.join('')}`;
};

/** Name of a unit and, with `.json`, of its file. */
export const unitName = (unit: Unit): string =>
  `${unit.plan}-${unit.fleet}vp${unit.atlas === 'usual' ? '' : `-${unit.atlas}`}-${worldName(unit)}`.replaceAll(
    /[^\w.=-]/g,
    '_',
  );
