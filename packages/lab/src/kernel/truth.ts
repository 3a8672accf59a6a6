import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { KernelLab } from './kernel-lab.ts';
import { nodeOf } from './topology.ts';

/**
 * Nodes on the path from node `from` to address `to`, measured by a traceroute in the namespace of `from`. `undefined` stands
 * for an address that no node has.
 * @throws {KernelLabError} `commandFailed`
 */
export async function trueNodes(lab: KernelLab, from: string, to: Ipv4Address): Promise<(string | undefined)[]> {
  const text = await lab.exec(from, 'scamper', '-O', 'json', '-I', `trace -P icmp-paris -q 1 -w 1 ${formatIpv4(to)}`);
  const trace = text.split('\n').find((line) => line.includes('"type":"trace"')) ?? '{}';
  const addresses = [...trace.matchAll(/"addr":"([\d.]+)"/g)].map(([, address]) => address);
  return addresses.map((address) => nodeOf(lab.topology, parseIpv4(address)));
}
