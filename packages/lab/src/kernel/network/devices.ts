import { formatIpv4 } from '@revtr/net';
import { linkAddressesOf } from '../topology/addresses.ts';
import type { Interface, KernelTopology } from '../topology/topology.ts';
import { loopbackAddressesOf } from './stamps.ts';

/** First identifier of the VXLAN tunnels of a lab. */
const FIRST_VXLAN = 100;

/** Commands for `ip -batch` that create the links between namespaces. */
export function linkCommands({ interfaces }: KernelTopology, namespaceOf: (node: string) => string): string[] {
  return interfaces.flatMap((end, i) => {
    if (i % 2 === 1 || end.tunnel !== undefined) return [];
    const other = interfaces[i + 1];
    const far = `peer name ${other.device} netns ${namespaceOf(other.node)}`;
    return [`link add ${end.device} netns ${namespaceOf(end.node)} type veth ${far}`];
  });
}

/** Commands for `ip -batch` in the namespace of a node that create its tunnels. The ends are the first addresses of the two nodes. */
export function tunnelCommands(topology: KernelTopology, node: string): string[] {
  const ends = topology.interfaces.filter(({ tunnel }) => tunnel !== undefined);
  return ends.flatMap((end, i) => {
    if (end.node !== node) return [];
    const [local] = linkAddressesOf(topology, node).map(formatIpv4);
    const [remote] = linkAddressesOf(topology, end.neighbour).map(formatIpv4);
    const ways = `local ${local} remote ${remote} ttl 64`;
    const id = FIRST_VXLAN + Math.floor(i / 2);
    const kind = end.tunnel === 'vxlan' ? `vxlan id ${id} dstport 4789 ${ways}` : `${end.tunnel} ${ways}`;
    return [`link add ${end.device} type ${kind}`];
  });
}

/** Commands for `ip -batch` in the namespace of a node that set its addresses and bring its devices up. */
export function addressCommands(topology: KernelTopology, node: string): string[] {
  const own = topology.interfaces.filter((end) => end.node === node);
  return [
    'link set lo up',
    ...loopbackAddressesOf(topology, node).map((address) => `addr add ${formatIpv4(address)}/32 dev lo`),
    ...own.flatMap(({ address, prefix, device, mtu }) => [
      `addr add ${formatIpv4(address)}/${prefix.length} dev ${device}`,
      `link set ${device} up${mtu === undefined ? '' : ` mtu ${mtu}`}`,
    ]),
  ];
}

/** Arguments of `tc` that delay the packets of an interface. */
export const delayCommand = ({ device, delayMs }: Interface): string[] =>
  delayMs === undefined ? [] : ['qdisc', 'replace', 'dev', device, 'root', 'netem', 'delay', `${delayMs}ms`];
