import type { Namespaces } from '../namespaces/namespaces.ts';

/** Default address at which agents reach the controller. Networks under test must not use it. */
export const CONTROL_ADDRESS = '192.168.255.1';

/**
 * Connects each host to the namespace of the controller with a separate virtual Ethernet link that carries only the traffic
 * between agent and controller. Agents connect from their own addresses, as on the Internet.
 * @throws {KernelLabError} `commandFailed`
 */
export async function buildControlNetwork(
  namespaces: Namespaces,
  controlAddress: string,
  hosts: readonly { readonly name: string; readonly address: string }[],
): Promise<void> {
  const { control } = namespaces;
  await namespaces.add(control);
  await namespaces.exec(control, 'ip', 'addr', 'add', `${controlAddress}/32`, 'dev', 'lo');
  for (const [i, { name, address }] of hosts.entries()) {
    const near = `agent${i}`;
    const own = namespaces.of(name);
    const far = ['name', 'control', 'netns', own];
    await namespaces.exec(control, 'ip', 'link', 'add', near, 'type', 'veth', 'peer', ...far);
    for (const setting of ['all', near])
      await namespaces.exec(control, 'sysctl', '-q', '-w', `net.ipv4.conf.${setting}.rp_filter=0`);
    await namespaces.exec(control, 'ip', 'link', 'set', near, 'up');
    await namespaces.exec(control, 'ip', 'route', 'add', `${address}/32`, 'dev', near, 'src', controlAddress);
    await namespaces.exec(own, 'sysctl', '-q', '-w', 'net.ipv4.conf.control.rp_filter=0');
    await namespaces.exec(own, 'ip', 'link', 'set', 'control', 'up');
    await namespaces.exec(own, 'ip', 'route', 'add', `${controlAddress}/32`, 'dev', 'control', 'src', address);
  }
}
