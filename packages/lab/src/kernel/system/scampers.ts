import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import { ScamperDriver } from '@revtr/scamper';
import type { KernelLab } from '../network/kernel-lab.ts';
import { addressesOf } from '../topology/addresses.ts';

/** A scamper process on each source and vantage point of a lab. */
export interface LabScampers {
  /** Drivers by the address of the host. */
  readonly drivers: ReadonlyMap<Ipv4Address, ScamperDriver>;
  stop(): Promise<void>;
}

/**
 * Starts a scamper process in the namespace of each source and vantage point. The control sockets are in a temporary
 * directory, because network namespaces share the file system.
 */
export async function startScampers(lab: KernelLab, collaborators: { readonly clock: Clock }): Promise<LabScampers> {
  const directory = await mkdtemp(join(tmpdir(), 'revtr-lab-'));
  const drivers = new Map<Ipv4Address, ScamperDriver>();
  const stop = async (): Promise<void> => {
    await Promise.all([...drivers.values()].map((driver) => driver.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (const [node, { role }] of lab.topology.nodes) {
      if (role !== 'source' && role !== 'vp') continue;
      const options = {
        socketPath: join(directory, node),
        packetsPerSecond: 1_000,
        wrapper: ['ip', 'netns', 'exec', lab.namespaceOf(node)],
      };
      drivers.set(addressesOf(lab.topology, node)[0], await ScamperDriver.start(options, collaborators));
    }
    return { drivers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
