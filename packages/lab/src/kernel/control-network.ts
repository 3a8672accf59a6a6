import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { KernelLab } from './kernel-lab.ts';

/** Where the controller is, for agents: an address that no topology should use. */
export const CONTROLLER_ADDRESS = '192.168.255.1';

/**
 * Joins hosts of a lab to the namespace of the controller, each by a link of its own, beside the network under test. Their
 * connections come from their own addresses, as on the Internet. The link carries that traffic and nothing else.
 */
export async function buildControlNetwork(
  lab: KernelLab,
  hosts: readonly { readonly node: string; readonly address: Ipv4Address }[],
): Promise<void> {
  const control = lab.controlNamespace;
  await lab.execIn(control, 'ip', 'link', 'set', 'lo', 'up');
  await lab.execIn(control, 'ip', 'addr', 'add', `${CONTROLLER_ADDRESS}/32`, 'dev', 'lo');
  for (const [i, { node, address }] of hosts.entries()) {
    const near = `agent${i}`;
    const own = formatIpv4(address);
    const far = ['name', 'control', 'netns', lab.namespaceOf(node)];
    await lab.execIn(control, 'ip', 'link', 'add', near, 'type', 'veth', 'peer', ...far);
    for (const setting of ['all', near])
      await lab.execIn(control, 'sysctl', '-q', '-w', `net.ipv4.conf.${setting}.rp_filter=0`);
    await lab.execIn(control, 'ip', 'link', 'set', near, 'up');
    await lab.execIn(control, 'ip', 'route', 'add', `${own}/32`, 'dev', near, 'src', CONTROLLER_ADDRESS);
    await lab.exec(node, 'sysctl', '-q', '-w', 'net.ipv4.conf.control.rp_filter=0');
    await lab.exec(node, 'ip', 'link', 'set', 'control', 'up');
    await lab.exec(node, 'ip', 'route', 'add', `${CONTROLLER_ADDRESS}/32`, 'dev', 'control', 'src', own);
  }
}
