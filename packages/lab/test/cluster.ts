import type { ReverseTracerouteClient } from '@revtr/client';
import type { LocalCluster } from '../src/cluster/cluster.ts';
import { untilReady } from '../src/cluster/servers.ts';
import type { ManagedProcess } from '../src/deployment/managed-process.ts';

/** A process of a cluster. @throws {Error} if there is none of this name */
export function processOf({ processes }: LocalCluster, name: string): ManagedProcess {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`there is no process ${name}`);
  return found;
}

/** Waits until all sources are ready. Tests those that failed while a part was missing and the machine was busy, as an operator would. */
const untilSourcesReady = (client: ReverseTracerouteClient): Promise<void> =>
  untilReady('the sources', async () => {
    const sources = (await client.fleet.agents()).filter(({ kind }) => kind === 'source');
    for (const { address, state } of sources) if (state === 'quarantined') await client.fleet.test(address);
    return sources.every(({ state }) => state === 'ready');
  });

/** Submits pairs that `purpose` selects as one batch, when all sources are ready. Returns its number. */
export async function submitPairs(
  { world }: LocalCluster,
  client: ReverseTracerouteClient,
  count: number,
  purpose: string,
): Promise<number> {
  await untilSourcesReady(client);
  return (await client.submit(world.randomRequests(count, purpose))).batchId;
}
