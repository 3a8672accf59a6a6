import type { Ipv4Address } from '@revtr/net';

/** One reverse traceroute to measure: from `destination` back to `source`. */
export interface ReverseTracerouteRequest {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly options?: Partial<MeasurementOptions>;
}

/** What a user may choose for one measurement. */
export interface MeasurementOptions {
  /** Whether the atlas is asked. Default true. */
  readonly useAtlas: boolean;
  /** Whether Record Route addresses of the atlas count. Default true. */
  readonly useRecordRouteAtlas: boolean;
  /** Oldest atlas traceroute to use, milliseconds. Default 24 hours. */
  readonly atlasMaxAgeMs: number;
  /** Most spoofers asked for one hop. Default: the plan's. */
  readonly maxSpoofers?: number;
  /** Whether a hop may be assumed across a border between networks. Default: the plan's. */
  readonly allowInterdomainSymmetry?: boolean;
  /** Whether turning points of destinations that do not stamp are guessed. Default: the plan's. */
  readonly useHeuristics?: boolean;
  /** Oldest earlier measurement to reuse, milliseconds; 0 for none. Default 1 hour. */
  readonly reuseMaxAgeMs: number;
  /** Whether the source pings every hop for its round-trip time. Default false. */
  readonly measureRtts: boolean;
  /** Whether a forward traceroute is measured as well. Default false. */
  readonly forwardTraceroute: boolean;
}

export const DEFAULT_OPTIONS: MeasurementOptions = {
  useAtlas: true,
  useRecordRouteAtlas: true,
  atlasMaxAgeMs: 86_400_000,
  reuseMaxAgeMs: 3_600_000,
  measureRtts: false,
  forwardTraceroute: false,
};
