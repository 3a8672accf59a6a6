import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { KernelLab } from './kernel-lab.ts';
import { nodeOf } from './topology.ts';

/** The routers that packets from `from` to `to` pass, by a traceroute inside the namespace of `from`. */
export async function trueNodes(lab: KernelLab, from: string, to: Ipv4Address): Promise<(string | undefined)[]> {
  const text = await lab.exec(from, 'scamper', '-O', 'json', '-I', `trace -P icmp-paris -q 1 -w 1 ${formatIpv4(to)}`);
  const trace = text.split('\n').find((line) => line.includes('"type":"trace"')) ?? '{}';
  const addresses = [...trace.matchAll(/"addr":"([\d.]+)"/g)].map(([, address]) => address);
  return addresses.map((address) => nodeOf(lab.topology, parseIpv4(address)));
}
