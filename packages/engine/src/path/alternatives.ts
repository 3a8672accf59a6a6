import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { Hop } from './hop.ts';

/**
 * `hop` with the measured hop whose place it takes as an alternative. A hop that is not measured itself stays as it is, and so does one that
 * cannot be compared, because one of the two addresses identifies no router.
 */
export function withReplaced(hop: Hop, replaced: Hop | undefined, aliases: Aliases): Hop {
  if (replaced === undefined || replaced.trust !== 'measured' || hop.trust !== 'measured') return hop;
  if ([hop, replaced].some(({ address }) => aliases.routerKey(address) === undefined)) return hop;
  return { ...withAlternative(hop, replaced.address), divergence: hop.divergence ?? 'notDestinationBased' };
}

/** `hop` with one more alternative. */
export const withAlternative = (hop: Hop, address: Ipv4Address): Hop => ({
  ...hop,
  alternatives: [...new Set([...(hop.alternatives ?? []), address])],
});

/** `hop` without alternatives that are addresses of its own router; without any that remain it has no divergence either. */
export function withoutOwnAliases(hop: Hop, aliases: Aliases): Hop {
  if (hop.alternatives === undefined && hop.divergence === undefined) return hop;
  const others = (hop.alternatives ?? []).filter((address: Ipv4Address) => !aliases.sameRouter(address, hop.address));
  const { alternatives: _, divergence: _why, ...plain } = hop;
  return others.length > 0 ? { ...hop, alternatives: others } : plain;
}
