import { setTimeout as sleep } from 'node:timers/promises';
import type { ReverseTracerouteClient } from '@revtr/client';
import type { LocalCluster } from '../src/cluster/cluster.ts';
import type { ManagedProcess } from '../src/deployment/managed-process.ts';

/** A process of a cluster. @throws {Error} if there is none of this name */
export function processOf({ processes }: LocalCluster, name: string): ManagedProcess {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`there is no process ${name}`);
  return found;
}

/** Tests sources that failed while a part was missing and the machine was busy, as an operator would, until all are ready. */
async function untilReady(client: ReverseTracerouteClient): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const sources = (await client.fleet.agents()).filter(({ kind }) => kind === 'source');
    const missing = sources.filter(({ state }) => state !== 'ready');
    if (missing.length === 0) return;
    for (const { address, state } of missing) if (state === 'quarantined') await client.fleet.test(address);
    await sleep(500);
  }
  throw new Error('the sources do not become ready');
}

/** Submits pairs that `purpose` selects as one batch, when all sources are ready. Returns its number. */
export async function submitPairs(
  { world }: LocalCluster,
  client: ReverseTracerouteClient,
  count: number,
  purpose: string,
): Promise<number> {
  await untilReady(client);
  return (await client.submit(world.randomRequests(count, purpose))).batchId;
}
