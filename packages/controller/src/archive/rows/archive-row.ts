import type { ArchiveRow } from '../schema/archive-fields.ts';
import type { MeasuredPath } from './measured-path.ts';

const STOP_REASONS = { reaches: 'REACHES', failed: 'FAILED', trivial: 'TRIVIAL', cancelled: 'CANCELED' } as const;

/** Writes a measurement as a row of the M-Lab archive. Stand-ins and assumptions never have the number of a measured hop. */
export function toArchiveRow({ id, source, destination, label, result }: MeasuredPath): ArchiveRow {
  return {
    id,
    stop_reason: STOP_REASONS[result.stopReason],
    fail_reason: result.failReason?.message ?? '',
    src: source,
    dst: destination,
    runtime: Math.round((result.endedAt - result.startedAt) * 1e6),
    date: Math.floor(result.startedAt / 1000),
    label: label ?? '',
    revtr_hops: result.hops.map(({ address, type, evidence, rttMs, asn }, hop_number) => ({
      hop_number,
      hop_ip: address,
      hop_type: type,
      measurement_id: typeof evidence.tracerouteId === 'number' ? evidence.tracerouteId : 0,
      rtt: Math.round((rttMs ?? 0) * 1000),
      rtt_measurement_id: 0,
      cidr: null,
      asn: asn ?? null,
    })),
  };
}
