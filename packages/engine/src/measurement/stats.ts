/** What one measurement sent, and how long each kind of step took (milliseconds). */
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
  atlasQueries: number;
  recordRouteMs: number;
  spoofedRecordRouteMs: number;
  atlasMs: number;
  symmetryMs: number;
}

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
  atlasQueries: 0,
  recordRouteMs: 0,
  spoofedRecordRouteMs: 0,
  atlasMs: 0,
  symmetryMs: 0,
});

/** Probes with IP options: what routers and networks feel. */
export function optionProbes(stats: ProbeStats): number {
  return stats.recordRoutePings + stats.spoofedRecordRoutePings + stats.timestampPings + stats.spoofedTimestampPings;
}
