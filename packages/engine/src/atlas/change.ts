import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { AtlasTraceroute } from './traceroute.ts';

type Hops = AtlasTraceroute['hops'];

/**
 * Position in `before` of the last hop that both ways from one origin share before they part; `undefined` when they do not
 * part. A hop that is silent in one of them, or whose address identifies no router, says nothing.
 */
export function lastSharedHop(before: Hops, after: Hops, aliases: Aliases): number | undefined {
  let shared = 0;
  for (let i = 1; i < Math.min(before.length, after.length); i++) {
    const [old, fresh] = [before[i], after[i]];
    if (old === undefined || fresh === undefined) continue;
    if (aliases.routerKey(old) === undefined || aliases.routerKey(fresh) === undefined) continue;
    if (!aliases.sameRouter(old, fresh)) return shared;
    shared = i;
  }
  return before.length === after.length ? undefined : shared;
}

/** `after` with the hops that are silent in it and answered in `before`, where the hops around them are the same. */
export function withKnownHops(before: Hops, after: Hops): (Ipv4Address | undefined)[] {
  if (before.length !== after.length) return [...after];
  const isSame = (i: number): boolean => before[i] === after[i] || after[i] === undefined;
  return after.map((hop, i) => (hop === undefined && isSame(i - 1) && isSame(i + 1) ? before[i] : hop));
}
