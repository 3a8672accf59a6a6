import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { CITIES } from './cities.ts';
import { gatewayOf, routerOf, type Topology } from './topology.ts';

/** A readable name for a network of the simulated Internet. */
export function networkName(tier: number, home: number, number: number): string {
  const kind = tier === 1 ? 'Backbone' : tier === 2 ? 'Transit' : 'Net';
  return `${CITIES[home].code.toUpperCase()}-${kind}-${number}`;
}

/** Returns the reverse DNS name of an address, under the reserved domain `example` (RFC 2606), or `undefined`. */
export function hostName(topology: Topology, address: Ipv4Address): string | undefined {
  const router = routerOf(topology, address);
  if (router >= 0) return routerName(topology, router, address);
  const prefix = topology.hostPrefixOf.lookup(address);
  if (prefix < 0) return undefined;
  const number = topology.networks.numbers[topology.routers.network[topology.hosts.router[prefix]]];
  return `host-${formatIpv4(address).replaceAll('.', '-')}.as${number}.example`;
}

function routerName(topology: Topology, router: number, address: Ipv4Address): string {
  const { routers, interfaces, networks } = topology;
  const network = routers.network[router];
  const rank = router - networks.firstRouter[network];
  const site = `r${rank}.${CITIES[routers.city[router]].code}.as${networks.numbers[network]}.example`;
  if (routers.loopback[router] === address) return `lo0.${site}`;
  const prefix = topology.hostPrefixOf.lookup(address);
  if (prefix >= 0 && gatewayOf(topology, prefix) === address) return `lan${address & 0xff}.${site}`;
  const first = routers.firstInterface[router];
  for (let i = first; i < routers.firstInterface[router + 1]; i++) {
    if (interfaces.address[i] === address) return `ge${i - first}.${site}`;
  }
  return site;
}
