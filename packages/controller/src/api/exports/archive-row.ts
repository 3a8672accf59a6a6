import type { EndedMeasurement } from './export-format.ts';

const STOP_REASONS = { reaches: 'REACHES', failed: 'FAILED', trivial: 'TRIVIAL', cancelled: 'CANCELED' } as const;

/** A row of the M-Lab archive of reverse traceroutes (BigQuery table `revtr.revtr1`), with its names and units. */
export interface ArchiveRow {
  readonly id: number;
  readonly stop_reason: string;
  readonly fail_reason: string;
  readonly src: string;
  readonly dst: string;
  /** Nanoseconds. */
  readonly runtime: number;
  /** Seconds since the Unix epoch. */
  readonly date: number;
  readonly label: string;
  readonly revtr_hops: readonly {
    readonly hop_number: number;
    readonly hop_ip: string;
    /** Number of the technique. Stand-ins and assumptions never have the number of a measured hop. */
    readonly hop_type: number;
    readonly measurement_id: number;
    /** Microseconds; 0 for unknown. */
    readonly rtt: number;
    readonly rtt_measurement_id: number;
    readonly cidr: null;
    readonly asn: number | null;
  }[];
}

/** Writes a measurement as a row of the archive. */
export function toArchiveRow({ id, source, destination, label, result }: EndedMeasurement): ArchiveRow {
  return {
    id,
    stop_reason: STOP_REASONS[result.stopReason],
    fail_reason: result.failReason?.message ?? '',
    src: source,
    dst: destination,
    runtime: Math.round((result.endedAt - result.startedAt) * 1e6),
    date: Math.floor(result.startedAt / 1000),
    label,
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
