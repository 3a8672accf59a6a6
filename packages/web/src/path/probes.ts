import type { MeasurementResult } from '@revtr/client';

/** How many probes a measurement sent: those with IP options, and all others. */
export function countProbes(stats: MeasurementResult['stats']): {
  readonly withOptions: number;
  readonly others: number;
} {
  return {
    withOptions:
      stats.recordRoutePings + stats.spoofedRecordRoutePings + stats.timestampPings + stats.spoofedTimestampPings,
    others: stats.plainPings + stats.tracerouteProbes,
  };
}
