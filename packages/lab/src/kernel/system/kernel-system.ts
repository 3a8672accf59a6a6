import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import { type Deployment, deploy } from '../../deployment/deployment.ts';
import type { NewHost } from '../../deployment/onboarding.ts';
import { KernelLabError } from '../../namespaces/errors.ts';
import { KernelLab, type KernelLabOptions } from '../network/kernel-lab.ts';
import { addressesOf, nodesOf, targetOf } from '../topology/addresses.ts';
import type { KernelTopology } from '../topology/topology.ts';

export interface KernelSystemOptions extends KernelLabOptions {
  /** Port of the API on the loopback address; 0 selects a free port. */
  readonly port: number;
  /** Address at which agents reach the controller; no node may have it. Default 192.168.255.1. */
  readonly controlAddress?: string;
  /** Runs when the network is built, before any program starts. */
  readonly beforeStart?: (lab: KernelLab) => Promise<void>;
  /** Self-audits in a day, at most 10,000. Default: none. */
  readonly selfAuditsPerDay?: number;
  /** Receives progress messages. */
  readonly onProgress?: (message: string) => void;
  /** Cancels the start. Everything that was built is removed. */
  readonly signal?: AbortSignal;
}

/** A kernel lab with a running system. */
export interface KernelSystem extends Deployment {
  readonly lab: KernelLab;
  /** Names of the network namespaces, by node. */
  readonly namespaces: Readonly<Record<string, string>>;
}

/**
 * Builds a kernel lab and starts the system in it. Removes everything when a step fails. `stop` of the result stops the system
 * and removes the lab.
 * @throws {KernelLabError} `badTopology` without a source or vantage point, `commandFailed`, `notReady`, `programEnded`, `stopped`
 */
export async function startKernelSystem(topology: KernelTopology, options: KernelSystemOptions): Promise<KernelSystem> {
  const hosts = hostsOf(topology);
  for (const [kind, role] of [
    ['source', 'source'],
    ['vantagePoint', 'vp'],
  ])
    if (!hosts.some((host) => host.kind === kind))
      throw new KernelLabError('badTopology', `nodes: no node has the role ${role}, which is required for measuring`, {
        place: 'nodes',
      });
  const lab = await KernelLab.up(topology, options);
  try {
    options.onProgress?.(`built ${topology.nodes.size} namespaces`);
    await options.beforeStart?.(lab);
    const deployment = await deploy(lab.namespaces, {
      ...options,
      hosts,
      origins: topology.origins,
      aliases: [...topology.knownAliases].map((node) => uniqueAddressesOf(topology, node)),
      testNetworks: testNetworksOf(topology),
      testTargets: [...topology.nodes].flatMap(([node, { role }]) =>
        role === 'destination' ? [targetOf(topology, node)] : [],
      ),
    });
    const namespaces = Object.fromEntries([...topology.nodes.keys()].map((node) => [node, lab.namespaceOf(node)]));
    const stop = async (): Promise<void> => {
      await deployment.stop();
      await lab.down();
    };
    return { ...deployment, lab, namespaces, stop };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

function hostsOf(topology: KernelTopology): NewHost[] {
  return [...topology.nodes].flatMap(([name, { role, options }]): NewHost[] => {
    if (role !== 'source' && role !== 'vp') return [];
    const address = formatIpv4(addressesOf(topology, name)[0]);
    const kind = role === 'source' ? 'source' : 'vantagePoint';
    return [{ name, address, kind, isLegacy: options.agent === 'legacy' }];
  });
}

/** Prefixes that may be probed: those of the topology file, and the addresses that one node alone has. */
const testNetworksOf = (topology: KernelTopology): string[] => [
  ...new Set([
    ...topology.origins.map(({ prefix }) => formatPrefix(prefix)),
    ...[...topology.nodes.keys()].flatMap((node) =>
      uniqueAddressesOf(topology, node).map((address) => `${formatIpv4(address)}/32`),
    ),
  ]),
];

const uniqueAddressesOf = (topology: KernelTopology, node: string): Ipv4Address[] =>
  addressesOf(topology, node).filter((address) => nodesOf(topology, address).length === 1);
