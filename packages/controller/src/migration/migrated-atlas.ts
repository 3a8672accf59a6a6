import { type Atlas, toMeasuredPath } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/** A traceroute of the atlas of another system. */
export interface MigratedTraceroute {
  readonly source: Ipv4Address;
  readonly origin: Ipv4Address;
  readonly platform: 'vantagePoint' | 'ripeAtlas';
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Hops from the first router to the source; `undefined` for silent ones. */
  readonly hops: readonly (Ipv4Address | undefined)[];
}

/** What became of traceroutes. */
export interface MigratedTraceroutes {
  /** Paths added to the atlas of a source. */
  added: number;
  /** Paths of which the atlas has one of the same origin that is as new. */
  known: number;
  /** Traceroutes older than seven days, which no measurement may use, or of the future. */
  untimely: number;
  /** Traceroutes that loop, or do not end at a source of this system. */
  unusable: number;
}

/** The atlas forgets older paths. */
const MOST_AGE_MS = 7 * 86_400_000;
/** How far in the future the time of a traceroute may be, because clocks differ, milliseconds. */
const CLOCK_ERROR_MS = 3_600_000;

/** Adds traceroutes to the atlases of sources, with the ages that they have. With `isDryRun`, only says what would happen. */
export function migrateTraceroutes(
  traceroutes: readonly MigratedTraceroute[],
  {
    atlas,
    now,
    isSource,
    isDryRun,
  }: {
    readonly atlas: Atlas;
    /** Milliseconds since the Unix epoch. */
    readonly now: number;
    readonly isSource: (address: Ipv4Address) => boolean;
    readonly isDryRun: boolean;
  },
): MigratedTraceroutes {
  const report: MigratedTraceroutes = { added: 0, known: 0, untimely: 0, unusable: 0 };
  /** When the newest traceroute of each origin was measured, by platform, of each source. */
  const newest = new Map<Ipv4Address, Map<string, number>>();
  for (const { source, origin, platform, at, hops } of traceroutes) {
    const path = isSource(source)
      ? toMeasuredPath({ platform, origin, source, at, hops: [origin, ...hops] }, atlas.aliases)
      : undefined;
    if (path === undefined) report.unusable++;
    else if (at < now - MOST_AGE_MS || at > now + CLOCK_ERROR_MS) report.untimely++;
    else {
      const known = newest.get(source) ?? newestOf(atlas, source);
      newest.set(source, known);
      const key = `${platform} ${origin}`;
      if ((known.get(key) ?? Number.NEGATIVE_INFINITY) >= at) report.known++;
      else {
        known.set(key, at);
        if (!isDryRun) atlas.add(path);
        report.added++;
      }
    }
  }
  return report;
}

const newestOf = (atlas: Atlas, source: Ipv4Address): Map<string, number> =>
  new Map(atlas.traceroutesTo(source).map(({ platform, origin, at }) => [`${platform} ${origin}`, at]));
