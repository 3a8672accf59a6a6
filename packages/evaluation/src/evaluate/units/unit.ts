import { FAMILIES, PROFILES, type Profile } from '@revtr/sim';
import { type WorldSpec, worldName } from './world-spec.ts';

/** One plan with one fleet on one simulated Internet. Its result is stored in one file. */
export interface Unit extends WorldSpec {
  readonly plan: string;
  /** Number of vantage points. */
  readonly fleet: number;
  /** Contents of the atlas. */
  readonly atlas: AtlasContent;
}

/** What the units of one column of the report have in common: all but the seed and the number of pairs. */
export type Column = Omit<Unit, 'seed' | 'pairs'>;

/**
 * Contents of the atlas. `none`: empty. `traceroutes`: traceroutes only. `recordRoute`: traceroutes and Record Route pings to
 * their hops. `grown`: in addition, paths of earlier reverse traceroutes. `usual`: the setting of the plan, without earlier
 * reverse traceroutes.
 */
export const ATLAS_CONTENTS = ['usual', 'none', 'traceroutes', 'recordRoute', 'grown'] as const;
export type AtlasContent = (typeof ATLAS_CONTENTS)[number];

export const isProfile = (text: string): text is Profile => text in PROFILES;
export const isContent = (text: string): text is AtlasContent => ATLAS_CONTENTS.some((content) => content === text);
export const isFamily = (text: string): text is WorldSpec['family'] => text in FAMILIES || /^caida:./.test(text);

/** Name of a unit and, with `.json`, of its file. */
export const unitName = (unit: Unit): string =>
  `${unit.plan}-${unit.fleet}vp${unit.atlas === 'usual' ? '' : `-${unit.atlas}`}-${worldName(unit)}`.replaceAll(
    /[^\w.=-]/g,
    '_',
  );
