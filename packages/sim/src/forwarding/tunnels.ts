import { type Destination, NOWHERE, type Routing, TO_HOST } from '../routing/routing.ts';
import { type Topology, Tunnel } from '../topology/topology.ts';
import { ORIGINATED, type Transit } from './transit.ts';

/** Where a packet is: its router, the interface it came in by, and the tail of the tunnel it is in. */
export type Whereabouts = Pick<Transit, 'router' | 'incoming' | 'to' | 'tail'>;

/**
 * Returns the tail of the rerouting tunnel that a packet is in when it leaves its router, or `undefined`. Such tunnels lead from the router at
 * which packets for other networks enter a network to the exit that its route reflector prefers (RFC 4456), which is often not the
 * closest one. Inside the tunnel the routers forward to the tail, not to the destination.
 */
export function tailBehind(topology: Topology, routing: Routing, at: Whereabouts): Destination | undefined {
  const { router, incoming, to, tail } = at;
  if (tail !== undefined) return tail.router === router ? undefined : tail;
  const { networks, routers, interfaces } = topology;
  const network = routers.network[router];
  if (networks.reroutingTunnels[network] === 0 || to.network === network || incoming === ORIGINATED) return undefined;
  if (incoming >= 0 && interfaces.adjacency[incoming] < 0) return undefined;
  const end = routing.tunnelTail(router, to);
  if (end < 0 || end === router) return undefined;
  return { address: routers.loopback[end], network, route: network, router: end, last: NOWHERE, owner: end };
}

/** What a tunnel does to a packet at a router: only routers strictly between the two ends of a tunnel are inside it. */
export function tunnelAt(topology: Topology, { router, incoming, to, tail }: Whereabouts, out: number): number {
  const { routers, interfaces, networks } = topology;
  const network = routers.network[router];
  const kind = networks.tunnels[network];
  if (incoming < 0 || out < 0 || (kind === Tunnel.none && tail === undefined)) return Tunnel.none;
  const leadsOn = to.network !== network || to.last === TO_HOST;
  const isInner = interfaces.adjacency[incoming] < 0 && interfaces.adjacency[out] < 0;
  if (!leadsOn || !isInner) return Tunnel.none;
  return kind === Tunnel.none ? Tunnel.hidden : kind;
}
