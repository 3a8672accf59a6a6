import type { EndedMeasurement } from './export-format.ts';

const STOP_REASONS = { reaches: 'COMPLETED', trivial: 'COMPLETED', failed: 'GAPLIMIT', cancelled: 'HALTED' } as const;

/**
 * Writes the reverse path in the form of a traceroute that scamper's `sc_warts2json` prints, from the destination to the source.
 * Round-trip times are those from the source, where traceroute has those from the first host.
 */
export function toScamperTrace({ id, source, destination, result }: EndedMeasurement): object {
  const { startedAt, stopReason, hops } = result;
  const sec = Math.floor(startedAt / 1000);
  const usec = Math.round((startedAt - sec * 1000) * 1000);
  const ftime = new Date(startedAt).toISOString().replace('T', ' ').slice(0, 19);
  return {
    type: 'trace',
    version: '0.1',
    userid: id,
    method: 'reverse-traceroute',
    src: destination,
    dst: source,
    stop_reason: STOP_REASONS[stopReason],
    stop_data: 0,
    start: { sec, usec, ftime },
    hop_count: hops.length,
    attempts: 1,
    hoplimit: 0,
    firsthop: 1,
    hops: hops.map(({ address, rttMs, trust, confidence, technique }, i) => ({
      addr: address,
      probe_ttl: i + 1,
      probe_id: 1,
      ...(rttMs !== undefined && { rtt: rttMs }),
      trust,
      confidence,
      technique,
    })),
  };
}
