import { asPathOfNumbers } from '@revtr/engine';
import type { HopRow, PathRow } from '../schema/path-fields.ts';
import type { MeasuredPath, NamedHop } from './measured-path.ts';

/** The AS path of hops, with the networks between them that show no router. */
export const asPathOf = (hops: readonly NamedHop[]): number[] =>
  asPathOfNumbers(hops.flatMap(({ asn, hiddenNetwork }) => [asn, hiddenNetwork?.asn]));

/** Writes a measurement as a row of the table of paths. */
export function toPathRow(path: MeasuredPath): PathRow {
  const { hops, startedAt, endedAt, failReason, measuredThrough, reused, stats, ...result } = path.result;
  const count = (wanted: NamedHop['trust']): number => hops.filter(({ trust }) => trust === wanted).length;
  return {
    ...measurementOf(path),
    duration_ms: endedAt - startedAt,
    fail_code: failReason?.code ?? null,
    fail_hop: failReason?.hop ?? null,
    plan: result.plan,
    confidence: result.confidence ?? null,
    measured_through: measuredThrough?.address ?? null,
    measured_through_scope: measuredThrough?.scope ?? null,
    oldest_reused_age_ms: reused?.oldestAgeMs ?? null,
    measured_hops: count('measured'),
    inferred_hops: count('inferred'),
    assumed_hops: count('assumed'),
    as_path: asPathOf(hops),
    record_route_pings: stats.recordRoutePings,
    spoofed_record_route_pings: stats.spoofedRecordRoutePings,
    timestamp_pings: stats.timestampPings,
    spoofed_timestamp_pings: stats.spoofedTimestampPings,
    traceroutes: stats.traceroutes,
    hops: hops.map(toHop),
  };
}

/** Writes the hops of a measurement as rows of the table of hops. */
export function toHopRows(path: MeasuredPath): HopRow[] {
  const measurement = measurementOf(path);
  return path.result.hops.map((hop, i) => ({ ...measurement, ...toHop(hop, i) }));
}

const measurementOf = ({ id, batchId, label, source, destination, result }: MeasuredPath) => ({
  measurement: id,
  batch: batchId ?? null,
  label: label ?? null,
  source,
  destination,
  started_at: new Date(result.startedAt),
  stop_reason: result.stopReason,
});

const toHop = (hop: NamedHop, i: number): PathRow['hops'][number] => ({
  hop: i,
  address: hop.address,
  name: hop.name ?? null,
  asn: hop.asn ?? null,
  as_name: hop.asName ?? null,
  technique: hop.technique,
  archive_type: hop.type,
  trust: hop.trust,
  confidence: hop.confidence,
  rtt_ms: hop.rttMs ?? null,
  reused_age_ms: hop.reusedAgeMs ?? null,
  hidden_asn: hop.hiddenNetwork?.asn ?? null,
  hidden_confidence: hop.hiddenNetwork?.confidence ?? null,
  alternatives: hop.alternatives ?? [],
  divergence: hop.divergence ?? null,
});
