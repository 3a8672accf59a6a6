import type { EndedMeasurement } from './export-format.ts';

/**
 * Writes the reverse path in the form of a traceroute result of RIPE Atlas (https://atlas.ripe.net/docs/apis/result-format/), from the
 * destination to the source. Round-trip times are those from the source, where traceroute has those from the first host.
 */
export function toRipeAtlasResult({ id, batchId, source, destination, result }: EndedMeasurement): object {
  return {
    fw: 0,
    af: 4,
    type: 'traceroute',
    msm_name: 'reverse-traceroute',
    msm_id: batchId,
    prb_id: id,
    proto: 'ICMP',
    from: destination,
    src_addr: destination,
    dst_addr: source,
    dst_name: source,
    timestamp: Math.floor(result.startedAt / 1000),
    endtime: Math.floor(result.endedAt / 1000),
    destination_ip_responded: result.stopReason === 'reaches',
    result: result.hops.map(({ address, rttMs, trust, confidence, technique }, i) => ({
      hop: i + 1,
      result: [{ from: address, ...(rttMs !== undefined && { rtt: rttMs }), trust, confidence, technique }],
    })),
  };
}
