import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import type { Aliases } from '../facts/aliases.ts';
import type { AtlasPlatform } from '../path/evidence.ts';

/** A path that reached a source. */
export interface AtlasTraceroute {
  /** Number within the atlas of the source. */
  readonly id: number;
  readonly platform: AtlasPlatform;
  /** Number of the RIPE Atlas probe that measured it. */
  readonly probe?: number;
  /** Where it began. */
  readonly origin: Ipv4Address;
  readonly source: Ipv4Address;
  /** When it was measured, milliseconds since the Unix epoch; of a reverse traceroute the time of its oldest evidence. */
  readonly at: number;
  /** The origin, each hop in order, the source; `undefined` for silent hops. */
  readonly hops: readonly (Ipv4Address | undefined)[];
}

/** A path as it is measured, before the atlas numbers it. */
export type MeasuredPath = Omit<AtlasTraceroute, 'id'>;

/**
 * How old a path may be that was published, milliseconds: archives appear a day later, and nobody measures their paths again. Other paths may be
 * as old as the request says.
 */
export const PUBLIC_MAX_AGE_MS = 7 * 86_400_000;

/** Whether a path may be used. @param oldest time before which paths are too old, milliseconds since the Unix epoch */
export function isYoungEnough(
  { platform, at }: Pick<AtlasTraceroute, 'platform' | 'at'>,
  { oldest, now }: { readonly oldest: number; readonly now: number },
): boolean {
  return at >= (platform === 'publicTraceroute' ? Math.min(oldest, now - PUBLIC_MAX_AGE_MS) : oldest);
}

/** Paths with the same key replace each other: the atlas holds one from each origin of a platform. */
export const pathKey = ({ platform, origin }: Pick<AtlasTraceroute, 'platform' | 'origin'>): string =>
  `${platform} ${origin}`;

/**
 * The atlas path that hops from `origin` to `source` give: a router that answers twice in a row counts once. `undefined`
 * when the hops do not end at the source, or pass an address twice that identifies a router: routing changed or looped during the traceroute.
 */
export function toMeasuredPath(path: MeasuredPath, aliases: Aliases): MeasuredPath | undefined {
  const hops = path.hops.filter((hop, i, all) => hop === undefined || hop !== all[i - 1]);
  const known = hops.filter((hop) => hop !== undefined && aliases.routerKey(hop) !== undefined);
  if (hops.at(-1) !== path.source || hops.length < 2 || new Set(known).size < known.length) return undefined;
  return { ...path, hops };
}

/** The path that a traceroute gives; `undefined` when it did not arrive, or looped. */
export function pathOfTraceroute(
  result: TracerouteResult,
  platform: AtlasPlatform,
  aliases: Aliases,
): MeasuredPath | undefined {
  if (result.stop !== 'completed') return undefined;
  const { sender, target } = result.request;
  const hops = [sender, ...result.hops.map(({ from }) => from)];
  return toMeasuredPath({ platform, origin: sender, source: target, at: result.endedAt, hops }, aliases);
}
