import { inNetworkNamespace, TunDevice } from '@revtr/linux';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { TunHost } from '@revtr/sim';
import type { Namespaces } from '../namespaces/namespaces.ts';

/** Name of the device in the namespace of a host. */
export const TUN_DEVICE = 'tun0';
const QUEUE = '5000';

/**
 * Creates a TUN device in the network namespace of a host. The device has the address of the host and its default route.
 * @throws {KernelLabError} `commandFailed`
 * @throws {LinuxError} when the device cannot be opened
 */
export async function openTunHost(
  namespace: string,
  address: Ipv4Address,
  namespaces: Pick<Namespaces, 'exec'>,
): Promise<TunHost> {
  const device = inNetworkNamespace(namespace, () => TunDevice.open(TUN_DEVICE));
  const run = (...command: readonly string[]): Promise<string> => namespaces.exec(namespace, ...command);
  for (const setting of ['all', 'default', TUN_DEVICE])
    await run('sysctl', '-q', '-w', `net.ipv4.conf.${setting}.rp_filter=0`);
  await run('ip', 'addr', 'add', `${formatIpv4(address)}/32`, 'dev', TUN_DEVICE);
  await run('ip', 'link', 'set', TUN_DEVICE, 'up', 'txqueuelen', QUEUE);
  await run('ip', 'route', 'add', 'default', 'dev', TUN_DEVICE, 'src', formatIpv4(address));
  return { address, device };
}
