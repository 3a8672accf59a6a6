import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { CITIES, type City } from '../topology/cities.ts';
import { routerOf, type Topology } from '../topology/topology.ts';

/** Shares of addresses without a position, and with a wrong one, of 1,000; set by judgement. */
const UNKNOWN = 120;
const WRONG = 80;

/**
 * Where a geolocation dataset of this Internet has an address. Like real ones it does not have all addresses, and has some routers where
 * their network is at home.
 */
export function publishedPosition(topology: Topology, address: Ipv4Address): City | undefined {
  const { networks, routers, hosts } = topology;
  const known = routerOf(topology, address);
  const prefix = topology.hostPrefixOf.lookup(address);
  const router = known >= 0 ? known : prefix >= 0 ? hosts.router[prefix] : -1;
  const draw = hash32(address, topology.seed) % 1_000;
  if (router < 0 || draw < UNKNOWN) return undefined;
  const isWrong = draw < UNKNOWN + WRONG;
  return CITIES[routers.city[isWrong ? networks.firstRouter[routers.network[router]] : router]];
}
