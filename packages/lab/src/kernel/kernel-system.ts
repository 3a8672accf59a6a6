import type { AddressFacts } from '@revtr/controller';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import type { Logger } from 'pino';
import { type System, startSystem } from '../world/system.ts';
import { KernelLab, type KernelLabOptions } from './kernel-lab.ts';
import { hostsOf, labFacts, labPolicy, prepareEngine } from './kernel-world.ts';
import { startScampers } from './scampers.ts';
import { addressesOf, type KernelTopology, nodeOf } from './topology.ts';

/** A lab with the whole system measuring it. */
export interface KernelSystem extends System {
  readonly lab: KernelLab;
  /** Address of the first source. */
  readonly source: string;
  /** Node to name of its network namespace. */
  readonly namespaces: Readonly<Record<string, string>>;
}

/** Builds the lab, prepares what measurements need, and starts the system; what was built is removed when a step fails, and at the end. */
export async function startKernelSystem(
  topology: KernelTopology,
  options: KernelLabOptions & { readonly port: number },
  log: Logger,
): Promise<KernelSystem> {
  const lab = await KernelLab.up(topology, options);
  const undo: (() => Promise<void>)[] = [() => lab.down()];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const scampers = await startScampers(lab, { clock: systemClock });
    undo.push(() => scampers.stop());
    const targetPolicy = labPolicy(lab);
    const engine = await prepareEngine({ lab, scampers }, { clock: systemClock, targetPolicy });
    const sources = hostsOf(lab, 'source').map((address) => {
      const node = nodeOf(topology, address) ?? '';
      return { address: formatIpv4(address), hostname: node, site: node };
    });
    const settings = { host: '127.0.0.1', port: options.port, database: 'memory:', concurrency: 50, sources };
    const system = await startSystem(settings, { engine, facts: factsOf(lab), targetPolicy, log });
    undo.push(() => system.stop());
    const namespaces = Object.fromEntries([...topology.nodes.keys()].map((node) => [node, lab.namespaceOf(node)]));
    return { ...system, lab, source: sources[0]?.address ?? '', namespaces, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Names of addresses are those of their nodes, and nodes resolve to their first address. */
function factsOf(lab: KernelLab): AddressFacts {
  const addressOf = new Map<string, Ipv4Address>(
    [...lab.topology.nodes.keys()].map((node) => [node, addressesOf(lab.topology, node)[0]]),
  );
  return {
    ipToAs: labFacts(lab).ipToAs,
    asName: () => undefined,
    nameOf: async (address) => nodeOf(lab.topology, address),
    resolve: async (name) => {
      const address = addressOf.get(name);
      return address === undefined ? [] : [address];
    },
  };
}
