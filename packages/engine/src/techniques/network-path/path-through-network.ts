import type { Ipv4Address } from '@revtr/net';
import type { AtlasTraceroute } from '../../atlas/traceroute.ts';
import type { Hop } from '../../path/hop.ts';
import type { Measurement } from '../contract/measurement.ts';

/** A path of the atlas that crosses a network. */
export interface NetworkCrossing {
  readonly traceroute: AtlasTraceroute;
  /** The AS number of the network. */
  readonly network: number;
  /** The last two hops in the network and all behind them, as far as the reverse path does not have them. */
  readonly hops: readonly Ipv4Address[];
  /** How many leading bits an address inside the network shares with the hop, at most. */
  readonly sharedBits: number;
}

type Facts = Pick<Measurement, 'path' | 'aliases' | 'ipToAs'>;

/**
 * How a path leaves the network of a hop; `undefined` when it does not pass this network, or adds nothing. Networks mostly route by destination
 * alone, so packets from the hop leave the network to the same next one. They may take another way inside it, which is left out but for the
 * hop before the last one: the last address of a network often belongs to the router of the next network.
 */
export function crossingOf(
  traceroute: AtlasTraceroute,
  hop: Ipv4Address,
  { path, aliases, ipToAs }: Facts,
): NetworkCrossing | undefined {
  const network = ipToAs.originOf(hop);
  if (network === undefined) return undefined;
  const known = traceroute.hops.filter((address) => address !== undefined);
  const isInside = known.map((address) => ipToAs.originOf(address) === network);
  const border = isInside.lastIndexOf(true);
  if (border < 0) return undefined;
  const isOnPath = (address: Ipv4Address): boolean =>
    path.hops.some((onPath) => aliases.sameRouter(onPath.address, address));
  // The first address is that of the host.
  const from = border > 1 && isInside[border - 1] ? border - 1 : border;
  const hops = known.slice(from).filter((address) => !isOnPath(address));
  if (hops.length === 0) return undefined;
  const inside = known.filter((_, i) => isInside[i]);
  return { traceroute, network, hops, sharedBits: Math.max(...inside.map((address) => Math.clz32(address ^ hop))) };
}

/** The hops of a crossing as an extension behind `target`. */
export function crossingHops(
  { traceroute, network, hops }: NetworkCrossing,
  target: Ipv4Address,
  isOnDemand: boolean,
  { assumptions }: Pick<Measurement, 'assumptions'>,
): Hop[] {
  const { id, platform, origin, at } = traceroute;
  const evidence = {
    type: 'networkPath',
    target,
    network,
    tracerouteId: id,
    platform,
    origin,
    isOnDemand,
    at,
  } as const;
  const { first, further } = assumptions.networkPath;
  return hops.map((address, i) => {
    const confidence = i === 0 ? first : further;
    return { address, technique: 'networkPath', trust: 'inferred', confidence, evidence };
  });
}
