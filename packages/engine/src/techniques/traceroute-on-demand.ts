import { formatIpv4 } from '@revtr/net';
import { AtlasIntersection } from './atlas-intersection.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { crossingHops, crossingOf } from './network-path/path-through-network.ts';

/**
 * Asks a host in the network of the last hop for a traceroute to the source, where the request allows that. If the traceroute passes a hop of
 * the path, the path continues as with any other path of the atlas; otherwise from where the traceroute leaves the network.
 */
export class TracerouteOnDemand implements Technique {
  readonly name = 'tracerouteOnDemand';
  readonly #most: number;
  readonly #intersection = new AtlasIntersection();
  #asked = 0;

  /** @param options `most`: traceroutes that one measurement may wait for */
  constructor(options: { readonly most: number }) {
    this.#most = options.most;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, askTraceroute, signal, stats } = measurement;
    if (askTraceroute === undefined) return notApplicable('the request does not ask for traceroutes');
    if (!measurement.options.useAtlas) return notApplicable('the atlas is off');
    if (this.#asked >= this.#most) return notApplicable(`the measurement has asked for ${this.#most} traceroutes`);
    const { address } = path.last;
    const { path: traceroute, isMissing = false, detail } = await askTraceroute(address, signal);
    // One that does not arrive is waited for longest, and may cost as much.
    if (traceroute !== undefined || isMissing) this.#asked++;
    if (traceroute === undefined) return nothingFound(detail);
    stats.onDemandTraceroutes++;
    const met = await this.#intersection.extend(measurement);
    if (met.outcome === 'extended') return met;
    const crossing = crossingOf(traceroute, address, measurement);
    if (crossing === undefined) return nothingFound(`${detail}, but it shows no further hop`);
    return {
      outcome: 'extended',
      from: path.hops.length - 1,
      hops: crossingHops(crossing, address, true, measurement),
      detail: `${formatIpv4(traceroute.origin)} reaches the source through AS ${crossing.network}`,
    };
  }
}
