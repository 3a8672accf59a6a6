import type { RipeAtlasSettings } from '@revtr/controller';
import { type RipeAtlasEmulator, SYSTEM_KEY } from '@revtr/ripe-atlas-emulator';

/**
 * Settings of a controller that uses an emulated RIPE Atlas: the key of the system, 1,000 probes for each atlas, and no
 * refreshes.
 */
export const ripeAtlasSettings = ({ url, streamUrl }: RipeAtlasEmulator): RipeAtlasSettings => ({
  url,
  streamUrl,
  key: SYSTEM_KEY,
  probes: 1_000,
  refreshCreditsPerDay: 0,
  onDemandCreditsPerDay: 0,
});
