import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from './ip-to-as.ts';

/** Keys under which knowledge of a target is stored: of its announced prefix, and of its network. -1 where it is unknown. */
export interface TargetPlace {
  readonly prefix: number;
  readonly network: number;
}

/** The prefix and network of `target`, as keys. */
export function placeOf(target: Ipv4Address, ipToAs: IpToAs): TargetPlace {
  const prefix = ipToAs.prefixOf(target);
  return {
    // The length is part of the key because prefixes of different lengths may begin with the same address.
    prefix: prefix === undefined ? -1 : prefix.address * 64 + prefix.length,
    network: ipToAs.originOf(target) ?? -1,
  };
}
