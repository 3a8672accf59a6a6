import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { KernelLab } from '../network/kernel-lab.ts';
import { linkAddressesOf, nodeOf } from '../topology/addresses.ts';

/**
 * Addresses on the path from node `from` to address `to` that answer a traceroute in the namespace of `from`, in order. The probes come
 * from the first address of the node, to which answers return also when the node stamps an address that others share.
 * @throws {KernelLabError} `commandFailed`
 */
export async function traceroute(lab: KernelLab, from: string, to: Ipv4Address): Promise<Ipv4Address[]> {
  const [own] = linkAddressesOf(lab.topology, from).map(formatIpv4);
  const command = `trace -P icmp-paris -q 1 -w 1 -S ${own} ${formatIpv4(to)}`;
  const text = await lab.exec(from, 'scamper', '-O', 'json', '-I', command);
  const trace = text.split('\n').find((line) => line.includes('"type":"trace"')) ?? '{}';
  return [...trace.matchAll(/"addr":"([\d.]+)"/g)].map(([, address]) => parseIpv4(address));
}

/**
 * Nodes that answer a traceroute from node `from` to address `to`. `undefined` stands for an address that no node has.
 * @throws {KernelLabError} `commandFailed`
 */
export async function trueNodes(lab: KernelLab, from: string, to: Ipv4Address): Promise<(string | undefined)[]> {
  return (await traceroute(lab, from, to)).map((address) => nodeOf(lab.topology, address));
}
