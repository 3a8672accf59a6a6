import type { IpToAs } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/**
 * The AS path that users see: the network that the API prints beside each hop (`asn`, the origin of its address), hops without one left
 * out, repetitions in a row taken once.
 */
export function printedAsPath(
  hops: readonly { readonly address: Ipv4Address }[],
  ipToAs: Pick<IpToAs, 'originOf'>,
): number[] {
  return withoutRepetitions(hops.flatMap(({ address }) => ipToAs.originOf(address) ?? []));
}

/** A list in which no element equals the one before. */
export const withoutRepetitions = (list: readonly number[]): number[] =>
  list.filter((element, i) => element !== list[i - 1]);
