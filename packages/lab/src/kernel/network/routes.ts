import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import { routeKey } from '../topology/shortest-paths.ts';
import type { Interface, KernelTopology, Route } from '../topology/topology.ts';
import { stampOf } from './stamps.ts';

/** Commands for `ip -batch` that set the routes of a node, by prefix. */
export function routeCommands(topology: KernelTopology, node: string): Map<string, string> {
  const { interfaces, routes } = topology;
  const connected = interfaces.flatMap((end): [string, string][] => {
    const stamp = topology.nodes.get(node)?.options.stamp;
    if (end.node !== node || stamp === undefined) return [];
    const prefix = formatPrefix(end.prefix);
    return [[`connected ${prefix}`, `route replace ${prefix} dev ${end.device} scope link${source(stamp)}`]];
  });
  const byPrefix = Map.groupBy(
    routes.filter(({ at }) => at === node),
    routeKey,
  );
  return new Map([
    ...connected,
    ...[...byPrefix].map(([key, sideBySide]): [string, string] => [key, routeCommand(topology, sideBySide)]),
  ]);
}

/** Sets the route to one prefix. Several routes form an equal-cost multipath route. */
export function routeCommand(topology: KernelTopology, routes: readonly Route[], table = 'main'): string {
  const [{ at, to, via, src }] = routes;
  const nexthops = routes.length === 1 ? ` ${way(via)}` : routes.map((route) => ` nexthop ${way(route.via)}`).join('');
  return `route replace ${formatPrefix(to)} table ${table}${source(src ?? stampOf(topology, at, via))}${nexthops}`;
}

const way = ({ neighbourAddress, device }: Interface): string => `via ${formatIpv4(neighbourAddress)} dev ${device}`;
const source = (address: Ipv4Address | undefined): string =>
  address === undefined ? '' : ` src ${formatIpv4(address)}`;
