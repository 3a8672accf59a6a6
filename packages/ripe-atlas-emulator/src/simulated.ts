import { createRandom } from '@revtr/probing';
import { type SimProber, type SimulatedInternet, simulatedProbes } from '@revtr/sim';
import type { EmulatedAccount } from './accounts.ts';
import { type EmulatorOptions, PERMISSIONS, RipeAtlasEmulator } from './emulator.ts';

/** API key of the account that `startEmulator` creates by default. */
export const SYSTEM_KEY = '00000000-0000-4000-8000-000000000001';

/** An account with typical permissions and `balance` credits. */
export const accountOf = (email: string, balance: number): EmulatedAccount => ({
  email,
  balance,
  permissions: PERMISSIONS,
});

/**
 * Starts an emulator whose probes are the RIPE Atlas probes of a simulated Internet. The caller must stop it. Default for `keys`:
 * the key `SYSTEM_KEY` with a billion credits.
 */
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
