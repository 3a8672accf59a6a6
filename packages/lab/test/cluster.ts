import type { ReverseTracerouteClient } from '@revtr/client';
import type { LocalCluster } from '../src/cluster/cluster.ts';
import { untilSourcesReady } from '../src/cluster/sources-ready.ts';
import type { ManagedProcess } from '../src/deployment/managed-process.ts';

/** A process of a cluster. @throws {Error} if there is none of this name */
export function processOf({ processes }: LocalCluster, name: string): ManagedProcess {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`there is no process ${name}`);
  return found;
}

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
