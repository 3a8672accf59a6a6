import { formatIpv4, type Ipv4Address, prefixContains } from '@revtr/net';
import type { AtlasTraceroute } from '../atlas/traceroute.ts';
import { isBeside } from '../calibration/foreign-host.ts';
import type { ProxyScope } from '../path/evidence.ts';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';

const SCOPES: readonly ProxyScope[] = ['subnet', 'prefix', 'network'];

/**
 * Takes the path of a RIPE Atlas probe or vantage point in the /24, the announced prefix or the network of a destination for which no other
 * technique found a hop. The hops are labelled as those of a stand-in, with the host that measured them.
 */
export class ProxyPath implements Technique {
  readonly name = 'proxyPath';
  readonly #scopes: readonly ProxyScope[];

  /** @param options `widest`: the least that a stand-in must share with the destination */
  constructor(options: { readonly widest: ProxyScope }) {
    this.#scopes = SCOPES.slice(0, SCOPES.indexOf(options.widest) + 1);
  }

  async extend({ path, options, atlas, clock, ipToAs, assumptions }: Measurement): Promise<Extension> {
    if (path.hops.length > 1) return notApplicable('the path has left the destination');
    if (!options.useAtlas) return notApplicable('the atlas is off');
    const destination = path.last.address;
    const oldest = clock.now() - options.atlasMaxAgeMs;
    const candidates = (atlas.of(path.source)?.measuredPaths() ?? []).filter(({ at }) => at >= oldest);
    for (const scope of this.#scopes) {
      const isInside = scopeOf(scope, destination, ipToAs);
      const found = candidates
        .filter(({ origin }) => origin !== destination && isInside(origin))
        .filter(({ origin }) => !(options.asForeignHost && isBeside(origin, destination)))
        .sort((a, b) => b.at - a.at);
      if (found.length === 0) continue;
      const detail = `${formatIpv4(found[0].origin)} is in the same ${scope}`;
      return {
        outcome: 'extended',
        from: 0,
        hops: toHops(found[0], destination, scope, assumptions.proxy[scope]),
        detail,
      };
    }
    return nothingFound('no measuring host is near the destination');
  }
}

function scopeOf(
  scope: ProxyScope,
  destination: Ipv4Address,
  ipToAs: Measurement['ipToAs'],
): (origin: Ipv4Address) => boolean {
  if (scope === 'subnet') return (origin) => origin >>> 8 === destination >>> 8;
  const [prefix, network] = [ipToAs.prefixOf(destination), ipToAs.originOf(destination)];
  if (scope === 'prefix') return (origin) => prefix !== undefined && prefixContains(prefix, origin);
  return (origin) => network !== undefined && ipToAs.originOf(origin) === network;
}

function toHops(
  { id, platform, origin, at, hops }: AtlasTraceroute,
  destination: Ipv4Address,
  scope: ProxyScope,
  confidence: number,
): Hop[] {
  const evidence = { type: 'proxy', destination, scope, tracerouteId: id, platform, origin, at } as const;
  const known = hops.slice(1).filter((hop) => hop !== undefined);
  return known.map(
    (address): Hop => ({ address, technique: 'atlas', trust: 'inferred', isFromStandIn: true, confidence, evidence }),
  );
}
