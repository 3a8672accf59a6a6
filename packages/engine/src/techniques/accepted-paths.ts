import type { Ipv4Address } from '@revtr/net';
import type { AtlasTraceroute } from '../atlas/traceroute.ts';
import { isBeside } from '../calibration/foreign-host.ts';
import type { Measurement } from './contract/measurement.ts';

/** Which paths of the atlas the request lets a measurement of `destination` use; `undefined` when all, which is faster. */
export function acceptedPaths(
  { options, ipToAs }: Pick<Measurement, 'options' | 'ipToAs'>,
  destination: Ipv4Address,
): ((path: AtlasTraceroute) => boolean) | undefined {
  const { atlasPlatforms, ignoreOwnTraceroutes, ignoreOwnNetwork, asForeignHost, reuseMaxAgeMs } = options;
  const wantsGrown = reuseMaxAgeMs > 0 && atlasPlatforms === undefined;
  if (wantsGrown && !ignoreOwnTraceroutes && !ignoreOwnNetwork && !asForeignHost) return undefined;
  const network = ignoreOwnNetwork ? ipToAs.originOf(destination) : undefined;
  return ({ platform, origin }) => {
    if (platform === 'reverseTraceroute' && reuseMaxAgeMs <= 0) return false;
    if (atlasPlatforms !== undefined && !atlasPlatforms.includes(platform)) return false;
    if (ignoreOwnTraceroutes && origin === destination) return false;
    if (asForeignHost && isBeside(origin, destination)) return false;
    return network === undefined || ipToAs.originOf(origin) !== network;
  };
}
