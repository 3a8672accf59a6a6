import type { Ipv4Address } from '@revtr/net';
import type { TracerouteRequest, TracerouteResult } from '@revtr/probing';
import type { Measurement } from '../contract/measurement.ts';

/** A way to measure the forward path from the source to a target, or only the end of it. */
export type ForwardTraceroute = (measurement: Measurement, target: Ipv4Address) => Promise<TracerouteResult>;

/** Measures the whole forward path from the source with one traceroute. @throws {ProbingError} when it cannot be sent */
export async function traceWhole(
  { path, prober, stats, signal, outages }: Measurement,
  target: Ipv4Address,
  options: Pick<TracerouteRequest, 'timeoutMs' | 'attempts' | 'gapLimit'>,
): Promise<TracerouteResult> {
  const probe = async (): Promise<TracerouteResult> => {
    const traceroute = await prober.traceroute({ type: 'traceroute', sender: path.source, target, ...options }, signal);
    stats.traceroutes++;
    stats.tracerouteProbes += traceroute.probesSent;
    return traceroute;
  };
  const isSilent = ({ stop }: TracerouteResult): boolean => stop === 'gapLimit';
  return outages.repeated(path.source, { probe, isSilent }, signal);
}
