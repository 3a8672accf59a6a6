import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import type { SimulatedInternet } from '@revtr/sim';
import type { System } from '../world/system.ts';

/**
 * A detour on the simulated Internet: the destination is a few milliseconds from the source, but its packets take a way around the world,
 * because the network of the source prepends its AS number where it announces itself to the provider that both share.
 */
export const DETOUR = {
  seed: 1,
  size: 'medium',
  profile: 'kind',
  source: '1.26.10.250',
  destination: '1.3.247.3',
  /** AS numbers of the network of the source, and of the provider that receives the longer announcement. */
  network: 44509,
  provider: 51724,
  prepends: 3,
} as const;

/** Changes, from now on, how often the network of the source prepends its AS number for its provider. */
export function announceWithPrepends(internet: SimulatedInternet, count: number): void {
  const { numbers } = internet.topology.networks;
  const [network, neighbour] = [DETOUR.network, DETOUR.provider].map((asn) => numbers.indexOf(asn));
  internet.schedule({ type: 'prepend', network, neighbour, count }, internet.clock.now());
}

/** Measures the path from the destination back to the source, and the forward path. Nothing is reused from earlier measurements. */
export async function measureDetour({ url, key }: Pick<System, 'url' | 'key'>): Promise<Measurement> {
  const client = new ReverseTracerouteClient({ server: url, key });
  const pair = { src: DETOUR.source, dst: DETOUR.destination, label: 'detour' };
  const { batchId } = await client.submit([
    { ...pair, isRunRttPings: true, isRunForwardTraceroute: true, useCache: false },
  ]);
  const { measurements } = await client.wait(batchId);
  return measurements[0];
}

/**
 * Replaces the atlas of the source, whose traceroutes are from before a change. Without a key for RIPE Atlas, the traceroutes come from
 * vantage points only.
 */
export async function renewAtlas({ url, key }: Pick<System, 'url' | 'key'>, ripeKey?: string): Promise<void> {
  const { fleet } = new ReverseTracerouteClient({ server: url, key });
  await fleet.cleanAtlas(DETOUR.source);
  await fleet.runAtlas(DETOUR.source, ripeKey);
  await fleet.atlasWhenDone(DETOUR.source);
}
