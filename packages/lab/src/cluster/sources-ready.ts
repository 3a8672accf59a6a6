import type { ReverseTracerouteClient } from '@revtr/client';
import { untilReady } from './servers.ts';

/**
 * Waits until all sources are ready. Tests those that failed while a part was missing or the machine was busy, as an operator would.
 * @throws {KernelLabError} `notReady` after two minutes
 */
export const untilSourcesReady = (client: ReverseTracerouteClient): Promise<void> =>
  untilReady('the sources', async () => {
    const sources = (await client.fleet.agents()).filter(({ kind }) => kind === 'source');
    for (const { address, state } of sources) if (state === 'quarantined') await client.fleet.test(address);
    return sources.every(({ state }) => state === 'ready');
  });
