import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';

/** Continues along hops that earlier measurements to the same source have shown behind the last hop that identifies a router. */
export class KnownPath implements Technique {
  readonly name = 'knownPath';

  async extend({ path, options, nextHops, clock }: Measurement): Promise<Extension> {
    if (options.reuseMaxAgeMs <= 0) return notApplicable('reuse is off');
    const position = path.lastIdentified;
    if (position <= 0) return notApplicable('the destination itself is always probed');
    const now = clock.now();
    const { hops, at } = nextHops.behind(path.source, path.hops[position].address, now - options.reuseMaxAgeMs);
    if (hops.length === 0) return nothingFound('no earlier measurement shows the next hop');
    const reused = hops.map((hop) => ({ ...hop, reusedAgeMs: now - at }));
    return { outcome: 'extended', from: position, hops: reused, detail: `${hops.length} hops known` };
  }
}
