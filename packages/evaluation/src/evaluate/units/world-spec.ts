import type { FamilyName, Profile, SimParameters, Size } from '@revtr/sim';

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
  /**
   * Networks with RIPE Atlas probes whose first probe is asked for the atlas, as a share of all from 0 to 1; 1 means that every probe of every
   * network is asked.
   */
  readonly atlasProbes: number;
  /** Parameters that replace those of the profile. */
  readonly changes: Partial<SimParameters>;
}

/** What tells one simulated Internet from another. */
export const worldName = (spec: WorldSpec): string => {
  const { profile, family, size, seed, mostVantagePoints, pairs, hours, atlasProbes, changes } = spec;
  const changed = Object.entries(changes).map(([name, value]) => `-${name}=${value}`);
  const probes = atlasProbes < 1 ? `-${atlasProbes}probes` : '';
  return `${profile}-${family}-${size}-seed${seed}-of${mostVantagePoints}vp-${pairs}pairs-${hours}h${probes}${changed.join('')}`;
};
