import type { Aliases } from '../facts/aliases.ts';
import type { ReverseTraceroute } from '../measurement/result.ts';
import type { Evidence } from '../path/evidence.ts';
import type { Hop } from '../path/hop.ts';
import type { SourceAtlas } from './source-atlas.ts';
import { type AtlasTraceroute, type MeasuredPath, toMeasuredPath } from './traceroute.ts';

/**
 * What a reverse traceroute adds to the atlas: the way from its first hop that identifies a router and behind which everything was measured.
 * `undefined` when it did not arrive, or shows nothing that the atlas did not hold.
 */
export function grownPath(
  result: ReverseTraceroute,
  atlas: SourceAtlas | undefined,
  aliases: Aliases,
): MeasuredPath | undefined {
  const { hops, source, stopReason } = result;
  if (stopReason !== 'reaches') return undefined;
  const isMeasuredFrom = hops.findLastIndex(({ trust }) => trust !== 'measured') + 1;
  const measured = hops.slice(isMeasuredFrom);
  const own = measured.slice(measured.findIndex(({ address }) => aliases.routerKey(address) !== undefined));
  const met = own.findIndex(({ evidence }) => evidence.type === 'atlas');
  const before = met < 0 ? own : own.slice(0, met);
  if (!before.some(({ evidence }) => evidence.type === 'recordRoute')) return undefined;
  const times = own.flatMap(({ evidence }) => timeOf(evidence) ?? []);
  const tail = met < 0 ? [] : tailOf(own.slice(met), atlas);
  const path = {
    platform: 'reverseTraceroute',
    origin: before[0].address,
    source,
    at: Math.min(...times),
    hops: [...before.map(({ address }) => address), ...tail],
  } as const;
  return toMeasuredPath(path, aliases);
}

/** Hops that were taken from the atlas, as the atlas contains them, silent ones included: both then share their nodes. */
function tailOf(hops: readonly Hop[], atlas: SourceAtlas | undefined): AtlasTraceroute['hops'] {
  const [{ address, evidence }] = hops;
  const known = evidence.type === 'atlas' ? atlas?.paths.get(evidence.tracerouteId) : undefined;
  // An address may be on a path twice when it identifies no router.
  const at = known?.hops.findIndex((hop, i) => hop === address && responsive(known.hops, i) === hops.length) ?? -1;
  return known === undefined || at < 0 ? hops.map((hop) => hop.address) : known.hops.slice(at);
}

/** Number of hops from position `from` on that are not silent. */
const responsive = (hops: AtlasTraceroute['hops'], from: number): number =>
  hops.slice(from).filter((hop) => hop !== undefined).length;

const timeOf = (evidence: Evidence): number | undefined => ('at' in evidence ? evidence.at : undefined);
