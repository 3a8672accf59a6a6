import { type Topology, Tunnel } from '@revtr/sim';

/** Hops of a path that a traceroute counts: its routers but those in tunnels that hide them, and the destination. */
export function visibleHops({ networks, routers }: Topology, path: readonly number[]): number {
  const networkOf = (i: number): number => (i in path ? routers.network[path[i]] : -1);
  const isHidden = (i: number): boolean => {
    const network = networkOf(i);
    return networks.tunnels[network] === Tunnel.hidden && networkOf(i - 1) === network && networkOf(i + 1) === network;
  };
  return path.filter((_, i) => !isHidden(i)).length + 1;
}
