import type { MeasurementRow } from '@revtr/storage';
import { z } from 'zod';
import { readStoredResult, type StoredHop, type StoredResult } from '../../measurements/stored-result.ts';
import { withoutZeros } from './without-zeros.ts';

/** Names of hop types in version 1. Both kinds of assumed symmetry, and the path of a stand-in, have the one that clients know for an assumption. */
const HOP_TYPE_NAMES: Readonly<Record<StoredHop['technique'], string>> = {
  destination: 'DST_REV_SEGMENT',
  atlas: 'TR_TO_SRC_REV_SEGMENT',
  atlasBetween: 'TR_TO_SRC_REV_SEGMENT_BETWEEN',
  recordRoute: 'RR_REV_SEGMENT',
  spoofedRecordRoute: 'SPOOF_RR_REV_SEGMENT',
  timestamp: 'TS_ADJ_REV_SEGMENT',
  spoofedTimestamp: 'SPOOF_TS_ADJ_REV_SEGMENT',
  timestampDoubleStamp: 'SPOOF_TS_ADJ_REV_SEGMENT_TS_ZERO_DOUBLE_STAMP',
  standInSubnet: 'DST_SYM_REV_SEGMENT',
  standInPrefix: 'DST_SYM_REV_SEGMENT',
  standInNetwork: 'DST_SYM_REV_SEGMENT',
  networkPath: 'DST_SYM_REV_SEGMENT',
  assumedIntradomain: 'DST_SYM_REV_SEGMENT',
  assumedInterdomain: 'DST_SYM_REV_SEGMENT',
};

const STOP_REASONS: Readonly<Record<StoredResult['stopReason'], string>> = {
  reaches: 'REACHES',
  failed: 'FAILED',
  trivial: 'TRIVIAL',
  cancelled: 'CANCELED',
};

const duration = z.string().describe('Seconds, for instance "1.234s"');

/**
 * A reverse traceroute in the JSON mapping of Protocol Buffers: zero values are left out, 64-bit numbers are text. The clients of the
 * original read `stopReason` and `path` without looking at `status`: both are always present.
 */
const revtrSchema = z.object({
  status: z.enum(['RUNNING', 'COMPLETED', 'CANCELED']),
  src: z.string(),
  dst: z.string(),
  runtime: z.string().optional().describe('Nanoseconds; while running, since it was asked for'),
  stopReason: z.string().describe('Empty while the measurement is queued or in progress'),
  date: z.string().optional(),
  failReason: z.string().optional(),
  path: z
    .array(
      z.object({
        hop: z.string(),
        type: z.string(),
        destBasedRoutingType: z.enum(['LOAD_BALANCING']).optional(),
        measurementId: z.string().optional(),
        fromCache: z.boolean().optional(),
        rtt: z.int().optional().describe('Microseconds'),
      }),
    )
    .describe('Empty while the measurement is queued or in progress'),
  id: z.int(),
  stats: z
    .object({
      rrProbes: z.int().optional(),
      spoofedRrProbes: z.int().optional(),
      tsProbes: z.int().optional(),
      spoofedTsProbes: z.int().optional(),
      rrRoundCount: z.int().optional(),
      rrDuration: duration.optional(),
      trToSrcDuration: duration.optional(),
      assumeSymmetricRoundCount: z.int().optional(),
      assumeSymmetricDuration: duration.optional(),
    })
    .optional(),
  label: z.string().optional(),
});

export const getRevtrSchema = z.object({ revtrs: z.array(revtrSchema) });
z.globalRegistry.add(getRevtrSchema, { id: 'GetRevtrResponse' });

type Revtr = z.infer<typeof revtrSchema>;

/** Writes one measurement the way version 1 shows it. */
export function toRevtr(row: MeasurementRow, now: Date): Revtr {
  const common = { src: row.source, dst: row.destination, id: row.id, ...(row.label !== '' && { label: row.label }) };
  if (row.state !== 'done') {
    return {
      status: 'RUNNING',
      ...common,
      runtime: nanoseconds(now.getTime() - row.created_at.getTime()),
      stopReason: '',
      path: [],
      date: goTime(row.created_at),
    };
  }
  const result = readStoredResult(row.result);
  return {
    status: result.stopReason === 'cancelled' ? 'CANCELED' : 'COMPLETED',
    ...common,
    runtime: nanoseconds(result.endedAt - result.startedAt),
    stopReason: STOP_REASONS[result.stopReason],
    date: goTime(new Date(result.startedAt)),
    ...(result.failReason && { failReason: result.failReason.message }),
    path: result.hops.map(toPathHop),
    stats: toStats(result),
  };
}

function toPathHop({
  address,
  technique,
  alternatives,
  rttMs,
  reusedAgeMs,
  evidence,
}: StoredHop): Revtr['path'][number] {
  const { tracerouteId } = evidence;
  return {
    hop: address,
    type: HOP_TYPE_NAMES[technique],
    ...(alternatives && { destBasedRoutingType: 'LOAD_BALANCING' as const }),
    ...(tracerouteId !== undefined && { measurementId: String(tracerouteId) }),
    ...(reusedAgeMs !== undefined && { fromCache: true }),
    ...(rttMs !== undefined && { rtt: Math.round(rttMs * 1000) }),
  };
}

function toStats({ stats, attempts }: StoredResult): Revtr['stats'] {
  const assumed = attempts.filter(({ technique }) => technique === 'assumedSymmetry').length;
  return withoutZeros({
    rrProbes: stats.recordRoutePings,
    spoofedRrProbes: stats.spoofedRecordRoutePings,
    tsProbes: stats.timestampPings,
    spoofedTsProbes: stats.spoofedTimestampPings,
    rrRoundCount: stats.recordRouteRounds + stats.spoofedRecordRouteRounds,
    rrDuration: seconds(stats.recordRouteMs + stats.spoofedRecordRouteMs),
    trToSrcDuration: seconds(stats.atlasMs),
    assumeSymmetricRoundCount: assumed,
    assumeSymmetricDuration: seconds(stats.symmetryMs),
  });
}

const nanoseconds = (milliseconds: number): string => String(Math.round(milliseconds * 1e6));
const seconds = (milliseconds: number): string => `${Math.round(milliseconds) / 1000}s`;

/** A time as Go's `Time.String` writes it: `2026-01-02 03:04:05.678 +0000 UTC`. */
function goTime(time: Date): string {
  const [day, clock] = time.toISOString().split('T');
  return `${day} ${clock.replace(/0*Z$/, '').replace(/\.$/, '')} +0000 UTC`;
}
