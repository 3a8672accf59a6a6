import type { Ipv4Address } from '@revtr/net';
import type { KernelTopology } from './topology.ts';

/** 10.255.0.1: first address for nodes with the option `rr: loopback`. */
const LOOPBACKS = 0x0aff0001;

/** Addresses of the links and tunnels of a node, in the order of the topology file. */
export function linkAddressesOf({ interfaces }: KernelTopology, node: string): Ipv4Address[] {
  return interfaces.filter((end) => end.node === node).map(({ address }) => address);
}

/** The address that a node with the option `rr: loopback` stamps. Links must not use this range. */
export function loopbackOf({ nodes }: Pick<KernelTopology, 'nodes'>, node: string): Ipv4Address {
  return LOOPBACKS + [...nodes.keys()].indexOf(node);
}

/** Addresses that no other node has: links, then the loopback address if the node has one. */
export function addressesOf(topology: KernelTopology, node: string): Ipv4Address[] {
  const hasLoopback = topology.nodes.get(node)?.options.rr === 'loopback';
  return [...linkAddressesOf(topology, node), ...(hasLoopback ? [loopbackOf(topology, node)] : [])];
}

/** The address at which a node is measured: the outside address if a translator hides the node, otherwise its first link's. */
export function targetOf(topology: KernelTopology, node: string): Ipv4Address {
  const [first] = linkAddressesOf(topology, node);
  const translation = topology.translations.find(({ host }) => host === node);
  return translation?.outside ?? first;
}

/** Names of all nodes that have or stamp an address. Shared stamps, anycast and private networks make them several. */
export function nodesOf(topology: KernelTopology, address: Ipv4Address): string[] {
  const { nodes, anycast } = topology;
  return [...nodes].flatMap(([node, { options }]) => {
    const isIts =
      addressesOf(topology, node).includes(address) ||
      options.stamp === address ||
      targetOf(topology, node) === address ||
      anycast.some((group) => group.address === address && group.at.includes(node)) ||
      topology.translations.some(({ at, outside }) => at === node && outside === address);
    return isIts ? [node] : [];
  });
}

/** Name of the first node that has an address; `undefined` if no node has it. */
export const nodeOf = (topology: KernelTopology, address: Ipv4Address): string | undefined =>
  nodesOf(topology, address)[0];
