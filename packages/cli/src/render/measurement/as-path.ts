import type { Hop } from '@revtr/client';
import { toBands } from '@revtr/client/wording';
import { networkOf } from './network.ts';

type PathHop = Pick<Hop, 'asn' | 'asName' | 'hiddenNetwork'>;

/**
 * The networks of a path in order, for instance `AS path: 64500 Example > 64501 > (64502) > 64503`. Parentheses mark a network that shows no
 * router. Empty when no network is known.
 */
export function asPathLine(hops: readonly PathHop[], { names }: { readonly names: boolean }): string {
  const networks = toBands(hops).flatMap(({ hops: members, ...network }) => [
    ...(network.asn === undefined ? [] : [networkOf(network, names)]),
    ...members.flatMap(({ hop: { hiddenNetwork } }) => (hiddenNetwork === undefined ? [] : [`(${hiddenNetwork.asn})`])),
  ]);
  return networks.length === 0 ? '' : `AS path: ${networks.join(' > ')}\n`;
}
