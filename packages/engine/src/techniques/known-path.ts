import type { Hop } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { askFromNearest } from './record-route/nearest-sender.ts';
import { CHECKED_FROM_MS } from './reuse/check-path.ts';

/**
 * Continues along hops that earlier measurements to the same source have shown behind the last hop that identifies a router. A Record Route ping
 * checks hops that are not fresh. The path follows its answer where they differ.
 */
export class KnownPath implements Technique {
  readonly name = 'knownPath';

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, options, nextHops, clock, targetAnswers } = measurement;
    if (options.reuseMaxAgeMs <= 0) return notApplicable('reuse is off');
    const position = path.lastIdentified;
    if (position <= 0) return notApplicable('the destination itself is always probed');
    const { address } = path.hops[position];
    const known = (): { readonly hops: readonly Hop[]; readonly at: number } =>
      nextHops.behind(path.source, address, clock.now() - options.reuseMaxAgeMs);
    let { hops, at } = known();
    if (hops.length === 0) return nothingFound('no earlier measurement shows the next hop');
    if (at < clock.now() - CHECKED_FROM_MS && !targetAnswers.hasAnswered(address)) {
      await askFromNearest(measurement, address);
      // What the answer shows has replaced what was known before.
      ({ hops, at } = known());
      if (hops.length === 0) return nothingFound('the answer contradicts what was known');
    }
    const reused = hops.map((hop) => ({ ...hop, reusedAgeMs: clock.now() - at }));
    return { outcome: 'extended', from: position, hops: reused, detail: `${hops.length} hops known` };
  }
}
