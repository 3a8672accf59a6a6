import { type Ipv4Address, prefixContains } from '@revtr/net';
import { linkAddressesOf, nodesOf } from '../topology/addresses.ts';
import type { Interface, KernelTopology } from '../topology/topology.ts';

/**
 * Nodes that packets without IP options from node `from` to address `to` may pass, whatever their flow: all members of multipath routes
 * are followed. Contains `from` and the nodes that have the address.
 */
export function possibleNodes(topology: KernelTopology, from: string, to: Ipv4Address): ReadonlySet<string> {
  const sender = linkAddressesOf(topology, from)[0];
  const owners = new Set(nodesOf(topology, to));
  const seen = new Set([from]);
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (owners.has(node)) continue;
    for (const { neighbour } of waysFrom(topology, node, { sender, to, isOrigin: node === from })) {
      if (seen.has(neighbour)) continue;
      seen.add(neighbour);
      open.push(neighbour);
    }
  }
  return seen;
}

/** Interfaces through which a node may send a packet: those of a policy, of the link with the destination, or of the longest route. */
function waysFrom(
  { interfaces, routes, policies }: KernelTopology,
  node: string,
  packet: { readonly sender: Ipv4Address; readonly to: Ipv4Address; readonly isOrigin: boolean },
): Interface[] {
  const { sender, to, isOrigin } = packet;
  // Policies are for forwarded packets.
  const policy = policies.find(
    ({ at, options, from, to: target }) =>
      at === node &&
      !isOrigin &&
      !options &&
      (from === undefined || prefixContains(from, sender)) &&
      (target === undefined || prefixContains(target, to)),
  );
  if (policy?.action.kind === 'route') return [policy.action.via];
  const links = interfaces.filter((end) => end.node === node);
  const connected = links.filter(({ prefix }) => prefixContains(prefix, to));
  if (connected.length > 0) return connected.filter(({ neighbourAddress }) => neighbourAddress === to);
  const matching = routes.filter((route) => route.at === node && prefixContains(route.to, to));
  const longest = Math.max(...matching.map(({ to: { length } }) => length));
  return matching.filter((route) => route.to.length === longest).map(({ via }) => via);
}
