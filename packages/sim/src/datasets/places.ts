import type { Ipv4Address } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { firstResponsiveHost, HostBehaviours } from '../forwarding/hosts.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { CITIES, type City } from '../topology/cities.ts';
import type { Topology } from '../topology/topology.ts';

/** A host that sends or receives probes. */
export interface Place {
  readonly address: Ipv4Address;
  readonly hostname: string;
  /** City code and network number, like the site names of M-Lab. */
  readonly site: string;
  readonly asn: number;
  readonly city: City;
}

/** The hosts of a simulation that measure, and addresses that answer pings. */
export interface Places {
  /** Spoofers, each in a different network that lets spoofed packets out. */
  readonly vantagePoints: readonly Place[];
  /** Sources of reverse traceroutes: hosts that receive. */
  readonly sources: readonly Place[];
  /** Hosts that send traceroutes, like the probes of RIPE Atlas. */
  readonly atlasProbes: readonly Place[];
  /** One ping-responsive address for each host prefix that has one. */
  readonly hitlist: readonly Ipv4Address[];
}

const SOURCES = 10;

/** Chooses the places deterministically from the seed of `parameters`. */
export function choosePlaces(topology: Topology, parameters: SimParameters): Places {
  const random = createRandom(parameters.seed).fork('places');
  const behaviours = new HostBehaviours(parameters);
  const { networks, routers, hosts } = topology;
  const responsive = Array.from({ length: hosts.count }, (_, i) => firstResponsiveHost(topology, behaviours, i));
  const networkOf = (prefix: number): number => routers.network[hosts.router[prefix]];
  const onePerNetwork = new Map<number, number>();
  for (const prefix of random.shuffle(responsive.map((_, i) => i))) {
    if (responsive[prefix] !== undefined) onePerNetwork.set(networkOf(prefix), prefix);
  }
  const candidates = random.shuffle([...onePerNetwork.keys()].sort((a, b) => a - b));
  const place =
    (role: string) =>
    (network: number, i: number): Place => {
      const prefix = onePerNetwork.get(network) ?? 0;
      const city = CITIES[routers.city[hosts.router[prefix]]];
      const asn = networks.numbers[network];
      const address = hosts.prefixes[prefix].address + 250;
      return {
        address,
        hostname: `${role}${i + 1}.${city.code}.as${asn}.example`,
        site: `${city.code}${asn}`,
        asn,
        city,
      };
    };
  const clean = candidates.filter((network) => networks.dropsOptions[network] === 0);
  const spoofers = clean.filter((network) => networks.spoofingAllowed[network] === 1);
  const chosen = spoofers.slice(0, parameters.vantagePoints);
  const others = clean.filter((network) => !chosen.includes(network));
  const probes = random.shuffle(candidates).slice(0, Math.round(parameters.atlasProbeNetworks * networks.count));
  return {
    vantagePoints: chosen.map(place('vp')),
    sources: others.slice(0, SOURCES).map(place('source')),
    atlasProbes: probes.map(place('probe')).map((probe) => ({ ...probe, address: probe.address + 1 })),
    hitlist: responsive.filter((address) => address !== undefined),
  };
}
