import type { Topology } from '../topology/topology.ts';
import { stripOptions, zeroRecordRoute } from './options.ts';
import { FROM_HOST, type Transit } from './transit.ts';

/**
 * Does to a packet with options what the network of its router does to such packets: some networks drop them, some remove the options
 * from packets of their hosts, and the border routers of some overwrite recorded addresses. Returns false when it drops the packet.
 */
export function filterOptions(topology: Topology, transit: Transit): boolean {
  const { networks, routers, interfaces } = topology;
  const { router, incoming } = transit;
  const network = routers.network[router];
  if (networks.dropsOptions[network] === 1) return false;
  if (incoming === FROM_HOST) {
    if (networks.stripsOptions[network] === 0) return true;
    transit.packet = stripOptions(transit.packet);
    transit.hasOptions = false;
  } else if (networks.rewritesOptions[network] === 1 && interfaces.adjacency[incoming] >= 0) {
    zeroRecordRoute(transit.packet);
  }
  return true;
}
