import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from './ip-to-as.ts';
import type { Relations } from './relations.ts';

/** Hops of another network between two hops of one network, at most: more are not the addresses of one border. */
const MOST_BETWEEN = 2;

/** What the networks of a hop are found from. */
export interface NetworkedHop {
  readonly address: Ipv4Address;
  /** A `HopTechnique`. */
  readonly technique: string;
}

/**
 * The network that operates the router of each hop of a reverse path, as an AS number; `undefined` where it is not known. It is the origin
 * of the address, with these exceptions. A border router often has an address of the network on the other side of a link (bdrmapIT, IMC
 * 2018).
 *
 * - No route passes a network twice. Up to two hops between two hops of one network belong to it.
 * - A hop that is assumed from the forward path has the address by which packets enter its router from the source's side. If the hop before
 *   belongs to another network, which is a customer of the origin or a neighbour of the network behind, the router is its border router.
 */
export function networksOfHops(
  hops: readonly NetworkedHop[],
  { ipToAs, relations }: { readonly ipToAs: Pick<IpToAs, 'originOf'>; readonly relations: Relations },
): (number | undefined)[] {
  const networks = hops.map(({ address }) => ipToAs.originOf(address));
  fillBetween(networks);
  for (let i = 1; i < hops.length - 1; i++) {
    const [before, own, behind] = [networks[i - 1], networks[i], networks[i + 1]];
    if (before === undefined || own === undefined || behind === undefined) continue;
    if (own === before || own === behind || before === behind) continue;
    if (hops[i].technique !== 'assumedIntradomain' && hops[i].technique !== 'assumedInterdomain') continue;
    const isCustomer = relations.relationOf(own, before) === 'provider';
    if (isCustomer || relations.relationOf(before, behind) !== undefined) networks[i] = before;
  }
  return networks;
}

/** Gives short runs between two hops of one network to it. */
function fillBetween(networks: (number | undefined)[]): void {
  for (let i = 0; i < networks.length; i++) {
    if (networks[i] === undefined) continue;
    for (let j = Math.min(networks.length - 1, i + MOST_BETWEEN + 1); j > i + 1; j--)
      if (networks[j] === networks[i]) {
        networks.fill(networks[i], i + 1, j);
        break;
      }
  }
}
