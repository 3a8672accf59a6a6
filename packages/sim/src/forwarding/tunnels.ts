import { TO_HOST } from '../routing/routing.ts';
import { type Topology, Tunnel } from '../topology/topology.ts';
import type { Transit } from './transit.ts';

/** What a tunnel does to a packet at a router: only routers strictly between the two ends of a tunnel are inside it. */
export function tunnelAt(topology: Topology, { router, incoming, to, tail }: Transit, out: number): number {
  const { routers, interfaces, networks } = topology;
  const network = routers.network[router];
  const kind = networks.tunnels[network];
  if (incoming < 0 || out < 0 || (kind === Tunnel.none && tail === undefined)) return Tunnel.none;
  const leadsOn = to.network !== network || to.last === TO_HOST;
  const isInner = interfaces.adjacency[incoming] < 0 && interfaces.adjacency[out] < 0;
  if (!leadsOn || !isInner) return Tunnel.none;
  return kind === Tunnel.none ? Tunnel.hidden : kind;
}
