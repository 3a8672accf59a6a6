import { type Atlas, PUBLIC_MAX_AGE_MS, toMeasuredPath } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';

/** A traceroute that somebody published and that has reached its target. */
export interface PublishedTraceroute {
  readonly origin: Ipv4Address;
  readonly target: Ipv4Address;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Hops from the first router to the target; `undefined` for silent ones. */
  readonly hops: readonly (Ipv4Address | undefined)[];
}

/** What became of traceroutes. */
export interface ImportReport {
  /** Paths added to an atlas. A traceroute counts for each source in the /24 of its target. */
  added: number;
  /** Paths of which the atlas has one of the same origin that is as new. */
  known: number;
  /** Traceroutes that are older than seven days, or of the future. */
  untimely: number;
  /** Paths whose last router is none through which other paths reach the source: the target is behind another gateway. */
  otherGateway: number;
  /** Traceroutes that loop, do not end at their target, or lead to the /24 of no source. */
  unusable: number;
}

export interface PublicTraceroutesCollaborators {
  readonly atlas: Atlas;
  readonly clock: Clock;
  readonly sources: () => readonly Ipv4Address[];
}

/** How far in the future the time of a traceroute may be, because clocks differ, milliseconds. */
const CLOCK_ERROR_MS = 3_600_000;

/**
 * Adds published traceroutes to the atlases of the sources in the /24 of their targets: /24 is the longest prefix that networks route
 * between each other. The target is replaced by the source.
 */
export function addPublicTraceroutes(
  traceroutes: readonly PublishedTraceroute[],
  { atlas, clock, sources }: PublicTraceroutesCollaborators,
): ImportReport {
  const report: ImportReport = { added: 0, known: 0, untimely: 0, otherGateway: 0, unusable: 0 };
  const bySubnet = Map.groupBy(sources(), (source) => source >>> 8);
  const gateways = new Map<Ipv4Address, ReadonlySet<number>>();
  const now = clock.now();
  for (const traceroute of traceroutes) {
    const { target, at } = traceroute;
    const near = bySubnet.get(target >>> 8) ?? [];
    if (near.length === 0) report.unusable++;
    else if (at < now - PUBLIC_MAX_AGE_MS || at > now + CLOCK_ERROR_MS) report.untimely++;
    else
      for (const source of near) {
        const known = gateways.get(source) ?? gatewaysOf(source, atlas);
        gateways.set(source, known);
        report[addTo(source, traceroute, known, atlas)]++;
      }
  }
  return report;
}

function addTo(
  source: Ipv4Address,
  { origin, target, at, hops }: PublishedTraceroute,
  gateways: ReadonlySet<number>,
  atlas: Atlas,
): keyof ImportReport {
  if (hops.at(-1) !== target || origin === source) return 'unusable';
  const path = toMeasuredPath(
    { platform: 'publicTraceroute', origin, source, at, hops: [origin, ...hops.slice(0, -1), source] },
    atlas.aliases,
  );
  if (path === undefined) return 'unusable';
  const last = path.hops.at(-2);
  const gateway = last === undefined ? undefined : atlas.aliases.routerKey(last);
  if (gateways.size > 0 && (gateway === undefined || !gateways.has(gateway))) return 'otherGateway';
  const before = atlas
    .traceroutesTo(source)
    .find((other) => other.platform === path.platform && other.origin === origin);
  if (before !== undefined && before.at >= at) return 'known';
  atlas.add(path);
  return 'added';
}

/** The last routers on the paths that this system and RIPE Atlas have measured to a source, by their keys. */
function gatewaysOf(source: Ipv4Address, atlas: Atlas): ReadonlySet<number> {
  const own = (atlas.of(source)?.measuredPaths() ?? []).filter(({ platform }) => platform !== 'publicTraceroute');
  return new Set(
    own.flatMap(({ hops }) => {
      const last = hops.at(-2);
      return last === undefined || hops.length < 3 ? [] : (atlas.aliases.routerKey(last) ?? []);
    }),
  );
}
