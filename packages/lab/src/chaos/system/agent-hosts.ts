import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TUN_DEVICE } from '../../tun/tun-host.ts';
import type { StarNetwork } from '../network/star-network.ts';
import { AGENTS, gatewayOf } from './names.ts';

/** A host that runs the agent program with scamper. */
interface AgentHost {
  readonly name: string;
  readonly namespace: string;
  /** Its address in the simulated Internet, from which it also connects to its gateway. Dotted quad. */
  readonly address: string;
  /** Address of its gateway. */
  readonly gateway: string;
}

/**
 * Adds the hosts of {@link AGENTS}, with an address of the simulated Internet each. The process `fleet` gives each of them a device that leads
 * to the simulated Internet. @throws {KernelLabError} `commandFailed`
 */
export async function addAgentHosts(network: StarNetwork, addresses: readonly string[]): Promise<AgentHost[]> {
  const hosts: AgentHost[] = [];
  for (const [i, name] of AGENTS.entries()) {
    const address = addresses[i];
    const { namespace } = await network.add(name, [address]);
    await network.confine(name, address);
    hosts.push({ name, namespace, address, gateway: network.addressesOf(gatewayOf(name))[0] });
  }
  return hosts;
}

/** Whether each host has a route to the simulated Internet. */
export async function areAttached(hosts: readonly AgentHost[]): Promise<boolean> {
  const routes = hosts.map(({ namespace }) => promisify(execFile)('ip', ['-n', namespace, 'route', 'show', 'default']));
  return (await Promise.all(routes)).every(({ stdout }) => stdout.includes(TUN_DEVICE));
}
