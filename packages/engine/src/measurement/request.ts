import type { Ipv4Address } from '@revtr/net';
import type { AtlasPlatform } from '../path/evidence.ts';

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
  /** Whose paths of the atlas are used. Default: everybody's. */
  readonly atlasPlatforms?: readonly AtlasPlatform[];
  /** Whether paths of the atlas that begin at the destination are left alone. Default false. */
  readonly ignoreOwnTraceroutes?: boolean;
  /** Whether paths of the atlas that begin in the destination's network are left alone. Default false. */
  readonly ignoreOwnNetwork?: boolean;
  /** Most spoofers asked for one hop. Default: the plan's. */
  readonly maxSpoofers?: number;
  /** Whether a hop may be assumed across a border between networks. Default: the plan's. */
  readonly allowInterdomainSymmetry?: boolean;
  /** Whether neighbours are tested by timestamps. Default: the plan's. */
  readonly useTimestamp?: boolean;
  /** Whether turning points of destinations that do not stamp are guessed. Default: the plan's. */
  readonly useHeuristics?: boolean;
  /**
   * Oldest earlier measurement to reuse, milliseconds; 0 for none. Default 1 hour. What earlier measurements have added to the
   * atlas is as old as `atlasMaxAgeMs` allows, unless this is 0.
   */
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
