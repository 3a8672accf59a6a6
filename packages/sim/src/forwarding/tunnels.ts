import { hash32 } from '@revtr/probing';
import { type Destination, NOWHERE, TO_HOST } from '../routing/routing.ts';
import { type Topology, Tunnel } from '../topology/topology.ts';
import { ORIGINATED, type Transit } from './transit.ts';

/** Where a packet is: its router, the interface it came in by, and the tail of the tunnel it is in. */
export type Whereabouts = Pick<Transit, 'router' | 'incoming' | 'to' | 'tail'>;

/**
 * Returns the tail of the rerouting tunnel that a packet is in when it leaves its router, or `undefined`. The tunnels of a network lead
 * from the router at which packets for other networks enter it to one of its routers, which chooses their way on. Inside the tunnel
 * the routers forward to the tail, not to the destination.
 */
export function tailBehind(topology: Topology, { router, incoming, to, tail }: Whereabouts): Destination | undefined {
  if (tail !== undefined) return tail.router === router ? undefined : tail;
  const { networks, routers, interfaces } = topology;
  const network = routers.network[router];
  if (networks.reroutingTunnels[network] === 0 || to.network === network || incoming === ORIGINATED) return undefined;
  if (incoming >= 0 && interfaces.adjacency[incoming] < 0) return undefined;
  const first = networks.firstRouter[network];
  const hub = first + (hash32(topology.seed, network) % (networks.firstRouter[network + 1] - first));
  return hub === router
    ? undefined
    : { address: routers.loopback[hub], network, router: hub, last: NOWHERE, owner: hub };
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
