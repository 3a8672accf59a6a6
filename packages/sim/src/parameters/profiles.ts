import { KIND } from './kind.ts';
import { PUBLISHED } from './published.ts';
import type { ProfileParameters } from './sim-parameters.ts';

/** The named behaviours of a simulated Internet: `kind` has few obstacles, `published` follows published measurements. */
export const PROFILES = { kind: KIND, published: PUBLISHED } as const satisfies Record<string, ProfileParameters>;
/** Name of a predefined behaviour. */
export type Profile = keyof typeof PROFILES;
