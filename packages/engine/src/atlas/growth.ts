import type { ReverseTraceroute } from '../measurement/result.ts';
import type { Evidence } from '../path/evidence.ts';
import type { Hop } from '../path/hop.ts';
import type { SourceAtlas } from './source-atlas.ts';
import { type AtlasTraceroute, type MeasuredPath, toMeasuredPath } from './traceroute.ts';

/**
 * What a reverse traceroute adds to the atlas: the way from its first hop behind which everything was measured. `undefined`
 * when it did not arrive, or shows nothing that the atlas did not hold.
 */
export function grownPath(result: ReverseTraceroute, atlas: SourceAtlas | undefined): MeasuredPath | undefined {
  const { hops, source, stopReason } = result;
  if (stopReason !== 'reaches') return undefined;
  const first = hops.findLastIndex(({ trust }) => trust !== 'measured') + 1;
  const own = hops.slice(first);
  const met = own.findIndex(({ evidence }) => evidence.type === 'atlas');
  const before = met < 0 ? own : own.slice(0, met);
  if (!before.some(({ evidence }) => evidence.type === 'recordRoute')) return undefined;
  const times = own.flatMap(({ evidence }) => timeOf(evidence) ?? []);
  const tail = met < 0 ? [] : tailOf(own.slice(met), atlas);
  return toMeasuredPath({
    platform: 'reverseTraceroute',
    origin: before[0].address,
    source,
    at: Math.min(...times),
    hops: [...before.map(({ address }) => address), ...tail],
  });
}

/** Hops that were taken from the atlas, as the atlas contains them, silent ones included: both then share their nodes. */
function tailOf(hops: readonly Hop[], atlas: SourceAtlas | undefined): AtlasTraceroute['hops'] {
  const [{ address, evidence }] = hops;
  const known = evidence.type === 'atlas' ? atlas?.paths.get(evidence.tracerouteId) : undefined;
  const at = known?.hops.indexOf(address) ?? -1;
  return known === undefined || at < 0 ? hops.map((hop) => hop.address) : known.hops.slice(at);
}

const timeOf = (evidence: Evidence): number | undefined => ('at' in evidence ? evidence.at : undefined);
