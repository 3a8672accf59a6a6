import { createRandom } from '@revtr/probing';
import { type SimProber, type SimulatedInternet, simulatedProbes } from '@revtr/sim';
import type { EmulatedAccount } from './accounts.ts';
import { type EmulatorOptions, PERMISSIONS, RipeAtlasEmulator } from './emulator.ts';

/** The key of the system itself at an emulated RIPE Atlas. */
export const SYSTEM_KEY = '00000000-0000-4000-8000-000000000001';

/** An account with a usual key and this many credits. */
export const accountOf = (email: string, balance: number): EmulatedAccount => ({
  email,
  balance,
  permissions: PERMISSIONS,
});

/** Starts an emulated RIPE Atlas whose probes are hosts of a simulated Internet; the caller stops it. */
export async function startEmulator(
  { internet, prober }: { readonly internet: SimulatedInternet; readonly prober: SimProber },
  options: Omit<EmulatorOptions, 'keys'> & { readonly keys?: EmulatorOptions['keys'] } = {},
): Promise<RipeAtlasEmulator> {
  const { keys = { [SYSTEM_KEY]: accountOf('system@revtr.example', 1_000_000_000) } } = options;
  const emulator = new RipeAtlasEmulator(
    { ...options, keys },
    {
      probes: simulatedProbes(internet.places.atlasProbes, internet.topology),
      prober,
      clock: internet.clock,
      random: createRandom(internet.parameters.seed).fork('ripe-atlas'),
    },
  );
  await emulator.start();
  return emulator;
}
