export { type ProbeFilter, RipeAtlasClient, targetOf } from './client/client.ts';
export type { HttpCollaborators, HttpOptions } from './client/http.ts';
export { type StreamOptions, streamResults } from './client/stream.ts';
export { type ApiKey, type Credits, creditsPerTraceroute } from './contract/account.ts';
export {
  isTerminal,
  type Measurement,
  type MeasurementState,
  MOST_CONCURRENT,
  MOST_PROBES,
  type ProbeSelection,
  type TracerouteDefinition,
} from './contract/measurement.ts';
export { probeSchema, type RipeProbe } from './contract/probe.ts';
export { RipeAtlasError, type RipeAtlasErrorCode } from './errors.ts';
export {
  isTraceroute,
  type RipeFault,
  type RipeHop,
  type RipeTraceroute,
  readTraceroute,
} from './results/traceroute-result.ts';
