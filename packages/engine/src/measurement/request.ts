import type { Ipv4Address } from '@revtr/net';
import type { AtlasPlatform } from '../path/evidence.ts';

/** A request for one reverse traceroute, from `destination` back to `source`. */
export interface ReverseTracerouteRequest {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly options?: Partial<MeasurementOptions>;
}

/** What a user may choose for one measurement. Where the default is the plan's, the plan decides if the option is absent. */
export interface MeasurementOptions {
  /** Whether the atlas is used. Default true. */
  readonly useAtlas: boolean;
  /** Whether Record Route addresses placed in the atlas may match. Default true. */
  readonly useRecordRouteAtlas: boolean;
  /** Oldest atlas traceroute to use, milliseconds. Default 24 hours. */
  readonly atlasMaxAgeMs: number;
  /** Platforms whose atlas paths are used. Default: all. */
  readonly atlasPlatforms?: readonly AtlasPlatform[];
  /** Whether atlas paths that start at the destination are ignored. Default false. */
  readonly ignoreOwnTraceroutes?: boolean;
  /** Whether atlas paths that start in the destination's network are ignored. Default false. */
  readonly ignoreOwnNetwork?: boolean;
  /**
   * Whether the destination is measured as if it were a foreign host: without the paths and probes of hosts in its /24, and without a
   * trace for later measurements. For hosts of this system, in a self-audit. Default false.
   */
  readonly asForeignHost?: boolean;
  /** Whether suspended kinds of hops are used like the others. Default false. */
  readonly retriesSuspended?: boolean;
  /** Maximum number of spoofers asked for one hop. Default: that of the plan. */
  readonly maxSpoofers?: number;
  /** Whether a hop may be assumed across a border between networks. Default: the plan's. */
  readonly allowInterdomainSymmetry?: boolean;
  /** Whether neighbours are tested by timestamps. Default: the plan's. */
  readonly useTimestamp?: boolean;
  /** Whether the turning point is inferred for targets that do not stamp. Default: the plan's. */
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

/** The defaults of the options whose default is not the plan's. */
export const DEFAULT_OPTIONS: MeasurementOptions = {
  useAtlas: true,
  useRecordRouteAtlas: true,
  atlasMaxAgeMs: 86_400_000,
  reuseMaxAgeMs: 3_600_000,
  measureRtts: false,
  forwardTraceroute: false,
};
