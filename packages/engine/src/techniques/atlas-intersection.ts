import { formatIpv4 } from '@revtr/net';
import type { Intersection } from '../atlas/atlas.ts';
import { CONFIDENCE } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import { type Extension, type Measurement, notApplicable, nothingFound, type Technique } from './technique.ts';

/** Looks for a traceroute to the source that passes a hop of the last segment, and follows it. */
export class AtlasIntersection implements Technique {
  readonly name = 'atlas';

  async extend({ path, options, atlas, clock, stats }: Measurement): Promise<Extension> {
    if (!options.useAtlas) return notApplicable('the atlas is off');
    const oldest = clock.now() - options.atlasMaxAgeMs;
    for (const { address } of path.lastSegment) {
      stats.atlasQueries++;
      const query = { source: path.source, address, oldest, useRecordRoute: options.useRecordRouteAtlas };
      const found = atlas.intersect(query);
      if (found === undefined || found.tail.length === 0) continue;
      const detail = `${found.match} match at ${formatIpv4(address)}`;
      return { outcome: 'extended', from: path.indexOf(address), hops: toHops(found, address), detail };
    }
    return nothingFound('no traceroute passes here');
  }
}

function toHops({ match, traceroute, tail }: Intersection, met: number): Hop[] {
  const evidence = {
    type: 'atlas',
    match,
    tracerouteId: traceroute.id,
    origin: traceroute.origin,
    at: traceroute.at,
    met,
  } as const;
  return tail.map(({ address, isBetween }): Hop => {
    if (isBetween) {
      const confidence = CONFIDENCE.atlas.recordRouteBetween;
      return { address, technique: 'atlasBetween', trust: 'inferred', confidence, evidence };
    }
    const kind = match === 'recordRouteBetween' ? 'recordRoute' : match;
    const confidence = address === traceroute.source ? CONFIDENCE.source : CONFIDENCE.atlas[kind];
    return { address, technique: 'atlas', trust: 'measured', confidence, evidence };
  });
}
