import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Intersection, IntersectionQuery } from '../atlas/intersection.ts';
import { isBeside } from '../calibration/foreign-host.ts';
import type { MeasurementOptions } from '../measurement/request.ts';
import { CONFIDENCE } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import type { ReversePath } from '../path/reverse-path.ts';
import type { Measurement } from './contract/measurement.ts';
import type { TargetAnswers } from './contract/target-answers.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';

/** Looks in the atlas for a path to the source that passes a hop of the last segment, and follows it. */
export class AtlasIntersection implements Technique {
  readonly name = 'atlas';
  readonly #usesRecordRoute: boolean;

  /** @param options `usesRecordRoute`: whether addresses placed by Record Route pings count where the request lets them. Default true */
  constructor(options: { readonly usesRecordRoute?: boolean } = {}) {
    this.#usesRecordRoute = options.usesRecordRoute ?? true;
  }

  async extend({ path, options, atlas, clock, stats, ipToAs, targetAnswers }: Measurement): Promise<Extension> {
    if (!options.useAtlas) return notApplicable('the atlas is off');
    const now = clock.now();
    const accepts = acceptance(options, path.hops[0].address, (address) => ipToAs.originOf(address));
    for (const { address } of path.lastSegment) {
      stats.atlasQueries++;
      const found = atlas.intersect({
        source: path.source,
        address,
        now,
        oldest: now - options.atlasMaxAgeMs,
        useRecordRoute: options.useRecordRouteAtlas && this.#usesRecordRoute,
        accepts,
        fits: fitOf(path, address, targetAnswers),
      });
      if (found === undefined || found.tail.length === 0) continue;
      atlas.use(found, now);
      const detail = `${found.match} match at ${formatIpv4(address)}`;
      return { outcome: 'extended', from: path.indexOf(address), hops: toHops(found, address, now), detail };
    }
    return nothingFound('no path of the atlas passes the last hops');
  }
}

/**
 * Whether the way from `address` to the source may have some number of links: as many as the TTL of its own answer says, and no more than the
 * answers of the hops before it leave, as far as these are measured.
 */
function fitOf(
  path: ReversePath,
  address: Ipv4Address,
  answers: Pick<TargetAnswers, 'distanceOf'>,
): IntersectionQuery['fits'] {
  const position = path.indexOf(address);
  let most = Number.POSITIVE_INFINITY;
  // A wrong assumption before the address makes the path too long, not the way of the atlas.
  for (let i = position - 1; i >= 0 && path.hops[i + 1].trust === 'measured'; i--) {
    const distance = answers.distanceOf(path.hops[i].address);
    if (distance !== undefined) most = Math.min(most, distance - (position - i));
  }
  const own = answers.distanceOf(address);
  if (own === undefined && most === Number.POSITIVE_INFINITY) return undefined;
  return (links, isExact) => links <= most && (own === undefined || (isExact ? links === own : links <= own));
}

/** Which paths of the atlas the request wants; `undefined` when all, which is faster. */
function acceptance(
  options: MeasurementOptions,
  destination: number,
  originOf: (address: number) => number | undefined,
): IntersectionQuery['accepts'] {
  const { atlasPlatforms, ignoreOwnTraceroutes, ignoreOwnNetwork, asForeignHost, reuseMaxAgeMs } = options;
  const wantsGrown = reuseMaxAgeMs > 0 && atlasPlatforms === undefined;
  if (wantsGrown && !ignoreOwnTraceroutes && !ignoreOwnNetwork && !asForeignHost) return undefined;
  const network = ignoreOwnNetwork ? originOf(destination) : undefined;
  return ({ platform, origin }) => {
    if (platform === 'reverseTraceroute' && reuseMaxAgeMs <= 0) return false;
    if (atlasPlatforms !== undefined && !atlasPlatforms.includes(platform)) return false;
    if (ignoreOwnTraceroutes && origin === destination) return false;
    if (asForeignHost && isBeside(origin, destination)) return false;
    return network === undefined || originOf(origin) !== network;
  };
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
  return tail.map(({ address, isBetween, isOneOfSeveral, alternatives }, i): Hop => {
    const technique = isBetween ? 'atlasBetween' : 'atlas';
    const isElsewhere = traceroute.platform === 'publicTraceroute';
    const trust = isBetween || isOneOfSeveral || isElsewhere ? 'inferred' : 'measured';
    const balanced = alternatives.length > 0 && ({ alternatives, divergence: 'loadBalancing' } as const);
    // Behind the branching point, the hops of one branch are right or wrong with its first one.
    const step = balanced
      ? CONFIDENCE.atlasBranch
      : isBetween
        ? CONFIDENCE.atlasBetween
        : i === 0
          ? found
          : CONFIDENCE.atlas[match].further;
    const confidence = address === traceroute.source ? CONFIDENCE.source : Math.min(step, i === 0 ? found : 1);
    return { address, technique, trust, confidence, evidence, ...reused, ...balanced };
  });
}
