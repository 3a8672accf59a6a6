import type { Hop } from '@revtr/engine';

/**
 * What a path rests on, the weakest first. Every pair counts once, by the weakest thing that its path needs:
 * - `incomplete`: the path does not reach the source;
 * - `interdomainAssumption`, `intradomainAssumption`: a hop that no probe shows, across a border between networks or inside one;
 * - `standInInNetwork`, `standInInSubnet`: the path of another host, in the same network as the destination or as a later hop, or in the same /24;
 * - `inferred`: every hop comes from probes of the destination's path, but the place of some is a conclusion;
 * - `measured`: every hop is called measured.
 */
export const BASES = [
  'incomplete',
  'interdomainAssumption',
  'intradomainAssumption',
  'standInInNetwork',
  'standInInSubnet',
  'inferred',
  'measured',
] as const;
export type Basis = (typeof BASES)[number];

/** What a path rests on. */
export function basisOf({ reached, hops }: { readonly reached: boolean; readonly hops: readonly Hop[] }): Basis {
  if (!reached) return 'incomplete';
  const found = new Set(hops.map(basisOfHop));
  return BASES.find((basis) => found.has(basis)) ?? 'measured';
}

/** What a single hop rests on. */
export function basisOfHop({ technique, trust, evidence }: Hop): Basis {
  if (technique === 'assumedInterdomain') return 'interdomainAssumption';
  if (evidence.type === 'symmetry') return 'intradomainAssumption';
  if (technique === 'standInSubnet') return 'standInInSubnet';
  if (technique === 'standInPrefix' || technique === 'standInNetwork' || technique === 'networkPath')
    return 'standInInNetwork';
  return trust === 'measured' ? 'measured' : 'inferred';
}
