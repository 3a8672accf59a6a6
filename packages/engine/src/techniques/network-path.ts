import { formatIpv4 } from '@revtr/net';
import { isYoungEnough } from '../atlas/traceroute.ts';
import { acceptedPaths } from './accepted-paths.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { crossingHops, crossingOf, type NetworkCrossing } from './network-path/path-through-network.ts';

/**
 * Takes the path of another host that crosses the network of the last hop, from where it leaves that network. Of several, it takes the one
 * with a hop whose address is most like that of the last hop, then the newest. It sends no probe.
 */
export class NetworkPath implements Technique {
  readonly name = 'networkPath';

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, options, atlas, clock, ipToAs } = measurement;
    if (!options.useAtlas) return notApplicable('the atlas is off');
    const { address } = path.last;
    const now = clock.now();
    const age = { now, oldest: now - options.atlasMaxAgeMs };
    const accepts = acceptedPaths(measurement, path.hops[0].address);
    const network = ipToAs.originOf(address);
    const crossing = network === undefined ? undefined : atlas.of(path.source)?.measuredPathsThrough(network);
    let best: NetworkCrossing | undefined;
    for (const traceroute of crossing ?? []) {
      if (!isYoungEnough(traceroute, age) || accepts?.(traceroute) === false) continue;
      const found = crossingOf(traceroute, address, measurement);
      if (found !== undefined && (best === undefined || isBetter(found, best))) best = found;
    }
    if (best === undefined) return nothingFound('no path of the atlas crosses the network of the last hop');
    const detail = `${formatIpv4(best.traceroute.origin)} reaches the source through AS ${best.network}`;
    const hops = crossingHops(best, address, false, measurement);
    return { outcome: 'extended', from: path.hops.length - 1, hops, detail };
  }
}

const isBetter = (a: NetworkCrossing, b: NetworkCrossing): boolean =>
  a.sharedBits > b.sharedBits || (a.sharedBits === b.sharedBits && a.traceroute.at > b.traceroute.at);
