/** How many probes one measurement sent, by kind, and how long each kind of step took (milliseconds). A shared ping counts for the measurement that sent it first. */
export interface ProbeStats {
  recordRoutePings: number;
  spoofedRecordRoutePings: number;
  timestampPings: number;
  spoofedTimestampPings: number;
  /** Pings without options: round-trip times. */
  plainPings: number;
  traceroutes: number;
  tracerouteProbes: number;
  recordRouteRounds: number;
  spoofedRecordRouteRounds: number;
  /** Traceroutes from RIPE Atlas probes that the measurement waited for. */
  onDemandTraceroutes: number;
  atlasQueries: number;
  recordRouteMs: number;
  spoofedRecordRouteMs: number;
  atlasMs: number;
  symmetryMs: number;
}

/** Counters at zero. */
export const emptyStats = (): ProbeStats => ({
  recordRoutePings: 0,
  spoofedRecordRoutePings: 0,
  timestampPings: 0,
  spoofedTimestampPings: 0,
  plainPings: 0,
  traceroutes: 0,
  tracerouteProbes: 0,
  recordRouteRounds: 0,
  spoofedRecordRouteRounds: 0,
  onDemandTraceroutes: 0,
  atlasQueries: 0,
  recordRouteMs: 0,
  spoofedRecordRouteMs: 0,
  atlasMs: 0,
  symmetryMs: 0,
});

/** Number of probes with IP options, which cost routers the most. */
export function optionProbes(stats: ProbeStats): number {
  return stats.recordRoutePings + stats.spoofedRecordRoutePings + stats.timestampPings + stats.spoofedTimestampPings;
}
