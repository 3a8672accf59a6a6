import { formatPrefix, type Ipv4Address, type Prefix, prefixContains } from '@revtr/net';
import { loopbackOf } from './addresses.ts';
import type { Interface, KernelTopology, Route } from './topology.ts';

/** A prefix and the nodes that it belongs to. Equal prefixes behind different translators are separate. */
interface Attachment {
  readonly prefix: Prefix;
  readonly nodes: readonly string[];
}

type Network = Pick<KernelTopology, 'nodes' | 'interfaces' | 'translations' | 'anycast'>;

/** The destination of a default route. */
export const DEFAULT_PREFIX: Prefix = { address: 0, length: 0 };
const host = (address: Ipv4Address): Prefix => ({ address, length: 32 });

/**
 * Routes along the cheapest paths to every prefix of the network. Hosts forward nothing and have a default route. A node with the
 * option `balance` uses all cheapest neighbours, others the first. Translators do not announce their inside prefix. The ends of tunnels
 * are reached without tunnels.
 */
export function shortestRoutes(network: Network): Route[] {
  const { nodes, interfaces } = network;
  const links = interfaces.filter(({ tunnel }) => tunnel === undefined);
  const defaults = [...nodes.keys()].flatMap((node): Route[] => {
    const first = links.find((end) => end.node === node);
    return isRouter(network, node) || first === undefined ? [] : [{ at: node, to: DEFAULT_PREFIX, via: first }];
  });
  const underlay = { ...network, interfaces: links };
  const tunnelEnds = new Set(interfaces.flatMap(({ tunnel, node }) => (tunnel === undefined ? [] : [node])));
  return [
    ...defaults,
    ...attachmentsOf(network).flatMap((attachment) => routesTo(attachment, network)),
    ...[...tunnelEnds].flatMap((node) => {
      const end = links.find((link) => link.node === node);
      return end === undefined ? [] : routesTo({ prefix: host(end.address), nodes: [node] }, underlay);
    }),
  ];
}

const isRouter = ({ nodes }: Network, node: string): boolean => nodes.get(node)?.role === 'router';

function routesTo({ prefix, nodes: attached }: Attachment, network: Network): Route[] {
  const { nodes } = network;
  const own = Map.groupBy(network.interfaces, ({ node }) => node);
  const hiders = hidersOf(network, prefix);
  const announces = (node: string): boolean => (isRouter(network, node) ? !hiders.has(node) : attached.includes(node));
  const distances = distancesTo(attached, own, announces);
  return [...distances.keys()].flatMap((node): Route[] => {
    if (!isRouter(network, node) || attached.includes(node)) return [];
    const forwards = (next: string): boolean => attached.includes(next) || isRouter(network, next);
    const ways = cheapest(own.get(node) ?? [], distances, forwards);
    const used = nodes.get(node)?.options.balance === undefined ? ways.slice(0, 1) : ways;
    return used.map((via) => ({ at: node, to: prefix, via }));
  });
}

function attachmentsOf({ nodes, interfaces, translations, anycast }: Network): Attachment[] {
  const links = interfaces
    .filter((_, i) => i % 2 === 0)
    .map(({ prefix, node, neighbour }) => ({ prefix, nodes: [node, neighbour] }));
  const loopbacks = [...nodes].flatMap(([node, { options }]) =>
    options.rr === 'loopback' ? [{ prefix: host(loopbackOf({ nodes }, node)), nodes: [node] }] : [],
  );
  const outside = new Map(translations.map(({ at, outside: address }) => [`${at} ${address}`, { at, address }]));
  return [
    ...links,
    ...loopbacks,
    ...[...outside.values()].map(({ at, address }) => ({ prefix: host(address), nodes: [at] })),
    ...anycast.map(({ address, at }) => ({ prefix: host(address), nodes: at })),
  ];
}

/** Translators whose inside addresses overlap with `prefix`. */
function hidersOf({ translations }: Network, prefix: Prefix): ReadonlySet<string> {
  const overlaps = (inside: Prefix): boolean =>
    prefixContains(inside, prefix.address) || prefixContains(prefix, inside.address);
  return new Set(translations.filter(({ inside }) => overlaps(inside)).map(({ at }) => at));
}

/** Costs from each node to the nearest of `attached` (Dijkstra's algorithm). Only nodes that `announces` holds for pass the route on. */
function distancesTo(
  attached: readonly string[],
  own: ReadonlyMap<string, readonly Interface[]>,
  announces: (node: string) => boolean,
): ReadonlyMap<string, number> {
  const distances = new Map(attached.map((node) => [node, 0]));
  const open = new Set(attached);
  while (open.size > 0) {
    const [node] = [...open].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
    open.delete(node);
    if (!announces(node)) continue;
    for (const end of own.get(node) ?? []) {
      const back = own.get(end.neighbour)?.find(({ address }) => address === end.neighbourAddress);
      const cost = (distances.get(node) ?? 0) + (back?.cost ?? 1);
      if (cost >= (distances.get(end.neighbour) ?? Number.POSITIVE_INFINITY)) continue;
      distances.set(end.neighbour, cost);
      open.add(end.neighbour);
    }
  }
  return distances;
}

function cheapest(
  own: readonly Interface[],
  distances: ReadonlyMap<string, number>,
  forwards: (node: string) => boolean,
): Interface[] {
  const costOf = ({ cost, neighbour }: Interface): number =>
    forwards(neighbour) ? cost + (distances.get(neighbour) ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const least = Math.min(...own.map(costOf));
  return Number.isFinite(least) ? own.filter((end) => costOf(end) === least) : [];
}

/** Identifies the routes of one node to one prefix. */
export const routeKey = ({ at, to }: Route): string => `${at} ${formatPrefix(to)}`;
