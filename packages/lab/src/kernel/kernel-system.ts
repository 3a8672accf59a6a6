import { formatIpv4, formatPrefix } from '@revtr/net';
import { type Deployment, deploy } from '../deployment/deployment.ts';
import type { NewHost } from '../deployment/onboarding.ts';
import { KernelLabError } from '../namespaces/errors.ts';
import { KernelLab, type KernelLabOptions } from './kernel-lab.ts';
import { addressesOf, type KernelTopology } from './topology.ts';

export interface KernelSystemOptions extends KernelLabOptions {
  /** Port of the API on the loopback address; 0 takes any free one. */
  readonly port: number;
  /** Told what is being done, for people. */
  readonly onProgress?: (message: string) => void;
  /** Ends the start early: what was built is removed. */
  readonly signal?: AbortSignal;
}

/** A lab with the whole system in it. */
export interface KernelSystem extends Deployment {
  readonly lab: KernelLab;
  /** Node to name of its network namespace. */
  readonly namespaces: Readonly<Record<string, string>>;
}

/** Builds the lab and deploys the system in it; what was built is removed when a step fails, and at the end. */
export async function startKernelSystem(topology: KernelTopology, options: KernelSystemOptions): Promise<KernelSystem> {
  const hosts = hostsOf(topology);
  for (const [kind, role] of [
    ['source', 'source'],
    ['vantagePoint', 'vp'],
  ])
    if (!hosts.some((host) => host.kind === kind))
      throw new KernelLabError(
        'badTopology',
        `nodes: no node has the role ${role}, and nothing can be measured without`,
        'nodes',
      );
  const lab = await KernelLab.up(topology, options);
  try {
    options.onProgress?.(`built ${topology.nodes.size} namespaces`);
    const deployment = await deploy(lab.namespaces, {
      ...options,
      hosts,
      origins: topology.origins,
      aliases: [...topology.nodes.keys()].map((node) => addressesOf(topology, node)),
      testNetworks: testNetworksOf(topology),
      testTargets: [...topology.nodes].flatMap(([node, { role }]) =>
        role === 'destination' ? [addressesOf(topology, node)[0]] : [],
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
  return [...topology.nodes].flatMap(([name, { role }]): NewHost[] => {
    if (role !== 'source' && role !== 'vp') return [];
    const address = formatIpv4(addressesOf(topology, name)[0]);
    return [{ name, address, kind: role === 'source' ? 'source' : 'vantagePoint' }];
  });
}

/** The ranges of the file, and the addresses of its nodes. */
const testNetworksOf = (topology: KernelTopology): string[] => [
  ...new Set([
    ...topology.origins.map(({ prefix }) => formatPrefix(prefix)),
    ...[...topology.nodes.keys()].flatMap((node) =>
      addressesOf(topology, node).map((address) => `${formatIpv4(address)}/32`),
    ),
  ]),
];
