import type { Ipv4Address } from '@revtr/net';
import { linkAddressesOf, loopbackOf } from '../topology/addresses.ts';
import type { Interface, KernelTopology } from '../topology/topology.ts';

/** The address that a node stamps on routes through `via`; `undefined` means the address of the outgoing interface. */
export function stampOf(topology: KernelTopology, node: string, via: Interface): Ipv4Address | undefined {
  const options = topology.nodes.get(node)?.options;
  if (options?.stamp !== undefined) return options.stamp;
  if (options?.rr === 'loopback') return loopbackOf(topology, node);
  if (options?.rr === 'ingress') return linkAddressesOf(topology, node).find((address) => address !== via.address);
  return undefined;
}

/** Addresses of the loopback device: those that the node stamps instead of its links', and its anycast addresses. */
export function loopbackAddressesOf(topology: KernelTopology, node: string): Ipv4Address[] {
  const options = topology.nodes.get(node)?.options;
  return [
    ...(options?.rr === 'loopback' ? [loopbackOf(topology, node)] : []),
    ...(options?.stamp === undefined ? [] : [options.stamp]),
    ...topology.anycast.flatMap(({ address, at }) => (at.includes(node) ? [address] : [])),
  ];
}
