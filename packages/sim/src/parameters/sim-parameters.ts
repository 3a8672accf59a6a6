import type { DataQuality } from './data-quality.ts';
import type { ForwardingParameters } from './forwarding-parameters.ts';
import type { TopologyParameters } from './topology-parameters.ts';

/** The parameters that a profile sets. */
export interface ProfileParameters extends TopologyParameters, ForwardingParameters, DataQuality {}

/** How a simulated Internet is built and behaves. docs/simulator.md compares it with published figures. */
export interface SimParameters extends ProfileParameters {
  readonly seed: number;
  /** Number of networks. */
  readonly ases: number;
  readonly routers: number;
}
