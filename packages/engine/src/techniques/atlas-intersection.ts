import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Intersection, IntersectionQuery } from '../atlas/intersection.ts';
import { CONFIDENCE } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import { acceptedPaths } from './accepted-paths.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { checkPath, freshHops } from './reuse/check-path.ts';

/** Options of an {@link AtlasIntersection}. */
export interface AtlasIntersectionOptions {
  /** Whether addresses placed by Record Route pings count where the request lets them. Default true. */
  readonly usesRecordRoute?: boolean;
  /** Whether a probe checks that packets still take a path, if it is not fresh. Default false. */
  readonly checksOldPaths?: boolean;
}

/** Looks in the atlas for a path to the source that passes a hop of the last segment, and follows it. */
export class AtlasIntersection implements Technique {
  readonly name = 'atlas';
  readonly #options: AtlasIntersectionOptions;

  constructor(options: AtlasIntersectionOptions = {}) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, options, atlas, clock } = measurement;
    if (!options.useAtlas) return notApplicable('the atlas is off');
    for (const { address } of path.lastSegment) {
      const found = this.#intersect(measurement, address);
      if (found === undefined) continue;
      const isChecked = this.#options.checksOldPaths === true && (await checkPath(measurement, address, found));
      // Answers that contradict a path dispute it in the atlas.
      const kept = isChecked ? this.#intersect(measurement, address) : found;
      if (kept === undefined) {
        const fresh = freshHops(measurement, address);
        if (fresh === undefined) continue;
        return {
          outcome: 'extended',
          from: path.indexOf(address),
          hops: fresh,
          detail: 'the answer contradicts the atlas',
        };
      }
      const now = clock.now();
      atlas.use(kept, now);
      const detail = `${kept.match} match at ${formatIpv4(address)}${isChecked ? ', checked' : ''}`;
      return { outcome: 'extended', from: path.indexOf(address), hops: toHops(kept, address, now), detail };
    }
    return nothingFound('no path of the atlas passes the last hops');
  }

  #intersect(measurement: Measurement, address: Ipv4Address): Intersection | undefined {
    const { path, options, atlas, clock, stats } = measurement;
    const now = clock.now();
    stats.atlasQueries++;
    const found = atlas.intersect({
      source: path.source,
      address,
      now,
      oldest: now - options.atlasMaxAgeMs,
      useRecordRoute: options.useRecordRouteAtlas && this.#options.usesRecordRoute !== false,
      accepts: acceptedPaths(measurement, path.hops[0].address),
      fits: fitOf(measurement, address),
    });
    return found !== undefined && found.tail.length > 0 ? found : undefined;
  }
}

/**
 * Whether the way from `address` to the source may have some number of links: as many as the TTL of its own answer says, and no more than the
 * answers of the hops before it leave, as far as these are measured.
 */
function fitOf(
  { path, targetAnswers: answers, plainPings }: Measurement,
  address: Ipv4Address,
): IntersectionQuery['fits'] {
  const position = path.indexOf(address);
  let most = Number.POSITIVE_INFINITY;
  // A wrong assumption before the address makes the path too long, not the way of the atlas.
  for (let i = position - 1; i >= 0 && path.hops[i + 1].trust === 'measured'; i--) {
    const distance = answers.distanceOf(path.hops[i].address);
    if (distance !== undefined) most = Math.min(most, distance - (position - i));
  }
  const own = answers.distanceOf(address) ?? (position > 0 ? plainPings.distanceSoFar(address) : undefined);
  if (own === undefined && most === Number.POSITIVE_INFINITY) return undefined;
  return (links, isExact) => links <= most && (own === undefined || (isExact ? links === own : links <= own));
}

function toHops({ match, traceroute, tail, confidence: found }: Intersection, met: number, now: number): Hop[] {
  const evidence = {
    type: 'atlas',
    match,
    tracerouteId: traceroute.id,
    platform: traceroute.platform,
    origin: traceroute.origin,
    at: traceroute.at,
    met,
  } as const;
  const reused = traceroute.platform === 'reverseTraceroute' ? { reusedAgeMs: now - traceroute.at } : {};
  return tail.map(({ address, isBetween, isOneOfSeveral, alternatives, rejoins }, i): Hop => {
    const technique = isBetween ? 'atlasBetween' : 'atlas';
    const isElsewhere = traceroute.platform === 'publicTraceroute';
    const trust = isBetween || isOneOfSeveral || isElsewhere ? 'inferred' : 'measured';
    const balanced = alternatives.length > 0 && ({ alternatives, divergence: 'loadBalancing' } as const);
    // Behind the branching point, the hops of one branch are right or wrong with its first one.
    const step = balanced
      ? CONFIDENCE.atlasBranch[rejoins ? 'rejoining' : 'open']
      : isBetween
        ? CONFIDENCE.atlasBetween
        : i === 0
          ? found
          : CONFIDENCE.atlas[match].further;
    const confidence = address === traceroute.source ? CONFIDENCE.source : Math.min(step, i === 0 ? found : 1);
    return { address, technique, trust, confidence, evidence, ...reused, ...balanced };
  });
}
