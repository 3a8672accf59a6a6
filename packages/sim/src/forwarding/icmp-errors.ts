import { destinationOf, type Ipv4Address, type MplsLabel, sourceOf } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { gatewayOf, Stamp, type Topology, Tunnel } from '../topology/topology.ts';
import { sharedPrivateOf } from './shared-private.ts';
import { FROM_HOST, type Transit } from './transit.ts';

/**
 * Returns the address from which a router reports an error about the packet, which it holds. `privatePool` is the number of private addresses
 * that unrelated routers share, `towardsSource` the interface by which the router forwards to the source of the packet, negative if there is none.
 */
export function errorSourceOf(
  topology: Topology,
  { packet, router, incoming }: Pick<Transit, 'packet' | 'router' | 'incoming'>,
  { privatePool, towardsSource }: { readonly privatePool: number; readonly towardsSource: number },
): Ipv4Address {
  const { routers, interfaces, hosts, hostPrefixOf } = topology;
  // Half of the routers that stamp a shared private address number the interface that errors come from alike.
  if (routers.stamp[router] === Stamp.sharedPrivate && (hash32(router, 0x1c3) & 1) === 0) {
    return sharedPrivateOf(router, privatePool);
  }
  if (routers.errorFromLoopback[router] === 1) return routers.loopback[router];
  if (routers.errorFromEgress[router] === 1 && towardsSource >= 0) return interfaces.address[towardsSource];
  if (incoming >= 0) return interfaces.address[incoming];
  // A host behind the router knows it by its gateway address.
  const prefix = incoming === FROM_HOST ? hostPrefixOf.lookup(sourceOf(packet, 0)) : -1;
  return prefix >= 0 && hosts.router[prefix] === router ? gatewayOf(topology, prefix) : routers.loopback[router];
}

/** Returns the label stack that a router inside a tunnel of kind `tunnel` reports (RFC 4950). */
export function labelsOf({ packet, router }: Transit, tunnel: number): MplsLabel[] {
  if (tunnel !== Tunnel.visible) return [];
  const label = 16 + (hash32(router, destinationOf(packet, 0)) & 0xffff);
  return [{ label, trafficClass: 0, bottomOfStack: true, ttl: 1 }];
}
