import type { Ipv4Address } from '@revtr/net';
import { natAccessOf } from '../forwarding/nat.ts';
import { privateStampOf } from '../forwarding/stamper.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { Nat, type Topology } from '../topology/topology.ts';

/** Routers that show each private address, which several may share. */
export function routersByPrivateAddress(
  { routers }: Topology,
  { sharedPrivatePool }: Pick<SimParameters, 'sharedPrivatePool'>,
): Map<Ipv4Address, number[]> {
  const found = new Map<Ipv4Address, number[]>();
  for (let router = 0; router < routers.count; router++) {
    const address = privateStampOf(routers.stamp[router], router, sharedPrivatePool);
    if (address === undefined) continue;
    const list = found.get(address);
    if (list === undefined) found.set(address, [router]);
    else list.push(router);
  }
  return found;
}

/** What is between a host and the Internet: nothing, a NAT in front of the host, or a carrier-grade NAT. Values of {@link Nat}. */
export function natOf({ hosts, hostPrefixOf, routers, networks }: Topology, host: Ipv4Address): number {
  const prefix = hostPrefixOf.lookup(host);
  return prefix < 0 ? Nat.none : networks.nat[routers.network[hosts.router[prefix]]];
}

/** The private addresses of the routers between a host and the Internet, and of the host itself; none if there is no NAT. */
export function addressesBehindNat(topology: Topology, host: Ipv4Address): Ipv4Address[] {
  const kind = natOf(topology, host);
  if (kind === Nat.none) return [];
  const access = natAccessOf(host, kind);
  const inner = access.routers.flatMap(({ towardsHost, towardsInternet }) => [towardsHost, towardsInternet]);
  return [access.host, ...inner.filter((address) => address !== undefined)];
}
