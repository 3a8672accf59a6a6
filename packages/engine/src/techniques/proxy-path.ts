import { formatIpv4, type Ipv4Address, prefixContains } from '@revtr/net';
import type { AtlasTraceroute } from '../atlas/traceroute.ts';
import { isBeside } from '../calibration/foreign-host.ts';
import type { Evidence, StandInScope } from '../path/evidence.ts';
import { type Hop, STAND_IN_TECHNIQUES } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';

const SCOPES: readonly StandInScope[] = ['subnet', 'prefix', 'network'];

/**
 * Takes the path of a RIPE Atlas probe or vantage point in the /24, the announced prefix or the network of a destination for which no other
 * technique found a hop. Of several, it takes the one whose path is as long as that of the destination, by the TTL of its reply to a ping. The hops are
 * labelled as those of a stand-in, with the host that measured them.
 */
export class ProxyPath implements Technique {
  readonly name = 'proxyPath';
  readonly #scopes: readonly StandInScope[];

  /** @param options `widest`: the least that a stand-in must share with the destination */
  constructor(options: { readonly widest: StandInScope }) {
    this.#scopes = SCOPES.slice(0, SCOPES.indexOf(options.widest) + 1);
  }

  async extend({ path, options, atlas, clock, ipToAs, assumptions, plainPings }: Measurement): Promise<Extension> {
    if (path.hops.length > 1) return notApplicable('the path has left the destination');
    if (!options.useAtlas) return notApplicable('the atlas is off');
    const destination = path.last.address;
    const oldest = clock.now() - options.atlasMaxAgeMs;
    const candidates = atlas.of(path.source)?.measuredPaths() ?? [];
    for (const scope of this.#scopes) {
      const isInside = scopeOf(scope, destination, ipToAs);
      const inside = candidates.filter(
        ({ at, origin }) =>
          at >= oldest &&
          origin !== destination &&
          isInside(origin) &&
          !(options.asForeignHost && isBeside(origin, destination)),
      );
      if (inside.length === 0) continue;
      const distance = await plainPings.distanceOf(destination);
      const [found] = inside.sort((a, b) => deviation(a, distance) - deviation(b, distance) || b.at - a.at);
      const isAsLong = distance === undefined ? undefined : deviation(found, distance) === 0;
      const length = isAsLong === undefined ? 'unknown' : isAsLong ? 'asLong' : 'other';
      const confidence = assumptions.proxy[scope][length];
      const evidence = {
        type: 'proxy',
        destination,
        scope,
        tracerouteId: found.id,
        platform: found.platform,
        origin: found.origin,
        at: found.at,
        ...(isAsLong !== undefined && { isAsLong }),
      } as const;
      const detail = `${formatIpv4(found.origin)} is in the same ${scope}`;
      return {
        outcome: 'extended',
        from: 0,
        hops: toHops(found, evidence, { first: confidence, further: assumptions.proxyFurther }),
        detail,
      };
    }
    return nothingFound('no measuring host is near the destination');
  }
}

/** How far a path differs in length from what the destination's distance, in links, says; 0 when that is unknown. */
const deviation = ({ hops }: AtlasTraceroute, distance: number | undefined): number =>
  distance === undefined ? 0 : Math.abs(hops.length - 1 - distance);

function scopeOf(
  scope: StandInScope,
  destination: Ipv4Address,
  ipToAs: Measurement['ipToAs'],
): (origin: Ipv4Address) => boolean {
  if (scope === 'subnet') return (origin) => isBeside(origin, destination);
  const [prefix, network] = [ipToAs.prefixOf(destination), ipToAs.originOf(destination)];
  if (scope === 'prefix') return (origin) => prefix !== undefined && prefixContains(prefix, origin);
  return (origin) => network !== undefined && ipToAs.originOf(origin) === network;
}

function toHops(
  { origin, hops }: AtlasTraceroute,
  evidence: Evidence & { readonly type: 'proxy' },
  confidence: { readonly first: number; readonly further: number },
): Hop[] {
  const { scope } = evidence;
  const known = hops.slice(1).filter((hop) => hop !== undefined);
  const common = {
    technique: STAND_IN_TECHNIQUES[scope],
    trust: 'inferred',
    standIn: { address: origin, scope },
    evidence,
  } as const;
  return known.map(
    (address, i): Hop => ({ address, ...common, confidence: i === 0 ? confidence.first : confidence.further }),
  );
}
