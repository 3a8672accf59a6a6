import type { Ipv4Address } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { firstResponsiveHost, HostBehaviours } from '../forwarding/hosts.ts';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { CITIES, type City } from '../topology/cities.ts';
import { isAnycast, type Topology } from '../topology/topology.ts';
import { chooseProbePrefixes } from './probe-prefixes.ts';
import { chooseWellConnected } from './well-connected.ts';

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
  /** Spoofers in networks that let spoofed packets out, each in a different prefix. */
  readonly vantagePoints: readonly Place[];
  /** Sources of reverse traceroutes: hosts that receive. */
  readonly sources: readonly Place[];
  /** Hosts that send traceroutes, like the probes of RIPE Atlas. */
  readonly atlasProbes: readonly Place[];
  /** One ping-responsive address for each /24 that has one. */
  readonly hitlist: readonly Ipv4Address[];
}

const SOURCES = 10;
/** Vantage points and sources have the sixth address from the end of their prefix, probes the fifth and those before the sixth. */
const FROM_END = 6;
const PROBE_FROM_END = 5;

/** Chooses the places deterministically from the seed of `parameters`. */
export function choosePlaces(topology: Topology, parameters: SimParameters): Places {
  const random = createRandom(parameters.seed).fork('places');
  const behaviours = new HostBehaviours(parameters, { topology });
  const { networks, routers, hosts } = topology;
  const responsive = Array.from({ length: hosts.count }, (_, i) => firstResponsiveHost(topology, behaviours, i));
  const networkOf = (prefix: number): number => routers.network[hosts.router[prefix]];
  const onePerNetwork = new Map<number, number>();
  for (const prefix of random.shuffle(responsive.map((_, i) => i))) {
    if (responsive[prefix] !== undefined && !isAnycast(topology, prefix)) onePerNetwork.set(networkOf(prefix), prefix);
  }
  const prefixIn = (network: number): number => onePerNetwork.get(network) ?? 0;
  const candidates = random.shuffle([...onePerNetwork.keys()].sort((a, b) => a - b));
  const place =
    (role: string, fromEnd: number) =>
    (prefix: number, i: number, all: readonly number[]): Place => {
      const city = CITIES[routers.city[hosts.router[prefix]]];
      const asn = networks.numbers[networkOf(prefix)];
      const { address, length } = hosts.prefixes[prefix];
      const before = all.slice(0, i).filter((other) => other === prefix).length;
      return {
        address: address + 2 ** (32 - length) - fromEnd - (before === 0 ? 0 : before + FROM_END - fromEnd),
        hostname: `${role}${i + 1}.${city.code}.as${asn}.example`,
        site: `${city.code}${asn}`,
        asn,
        city,
      };
    };
  const clean = candidates.filter((network) => networks.dropsOptions[network] === 0);
  const spoofers = clean.filter((network) => networks.spoofingAllowed[network] === 1);
  const wellConnected = chooseWellConnected(topology, parameters, random.fork('vantage-points'));
  const anywhere = spoofers.map(prefixIn).filter((prefix) => !wellConnected.includes(prefix));
  const chosen = [...wellConnected, ...anywhere].slice(0, parameters.vantagePoints);
  const chosenNetworks = new Set(chosen.map(networkOf));
  const mayBeSource = (network: number): boolean =>
    parameters.deepSources === 1 || routers.depth[hosts.router[prefixIn(network)]] <= 1;
  const others = clean.filter((network) => !chosenNetworks.has(network) && mayBeSource(network));
  const probeNetworks = Math.round(parameters.atlasProbeNetworks * networks.count);
  const probePrefixes =
    parameters.atlasConeBias === 0
      ? random.shuffle(candidates).slice(0, probeNetworks).map(prefixIn)
      : chooseProbePrefixes(topology, parameters, random.fork('probes'));
  return {
    vantagePoints: chosen.map(place('vp', FROM_END)),
    sources: others.slice(0, SOURCES).map(prefixIn).map(place('source', FROM_END)),
    atlasProbes: probePrefixes.map(place('probe', PROBE_FROM_END)),
    hitlist: responsive.flatMap((address, i) =>
      address === undefined || !isFirstOf24(responsive, i) ? [] : [address],
    ),
  };
}

/** Whether no earlier prefix of the same /24 has a responsive address. */
function isFirstOf24(responsive: readonly (Ipv4Address | undefined)[], i: number): boolean {
  const [before, own] = [responsive[i - 1], responsive[i]];
  return before === undefined || own === undefined || before >>> 8 !== own >>> 8;
}
