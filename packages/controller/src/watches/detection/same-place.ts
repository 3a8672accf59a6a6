import { type Aliases, areLinkMates } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import type { SamePlace } from './compare.ts';

/** Whether two addresses, dotted quads, belong to one router as far as the datasets know, or are the two ends of one link. */
export function samePlaceBy(aliases: Aliases): SamePlace {
  return (a, b) => {
    const [one, other] = [parseIpv4(a), parseIpv4(b)];
    return aliases.sameRouter(one, other) || areLinkMates(one, other);
  };
}
