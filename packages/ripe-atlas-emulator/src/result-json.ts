import { formatIpv4, type MplsLabel } from '@revtr/net';
import type { Random, TracerouteHop, TracerouteResult } from '@revtr/probing';
import type { SimulatedProbe } from '@revtr/sim';
import type { EmulatorFaults } from './faults.ts';

/** Measurement and probe of a result. */
export interface ResultContext {
  readonly measurement: number;
  readonly probe: SimulatedProbe;
  readonly packets: number;
  readonly paris: number;
}

type Json = Record<string, unknown>;

/** Hop with which a probe makes a last attempt after too many silent hops. */
const LAST_DITCH = 255;

/** A traceroute in the result format of RIPE Atlas, with the deviations of real results (https://atlas.ripe.net/docs/apis/result-format/). */
export function resultJson(
  result: TracerouteResult,
  context: ResultContext,
  faults: EmulatorFaults,
  random: Random,
): Json {
  const isOld = random.chance(faults.oldFirmware);
  const target = formatIpv4(result.request.target);
  const started = Math.floor(result.startedAt / 1000);
  const hops = random.chance(faults.failedResults)
    ? [{ error: 'connect failed: Network is unreachable' }]
    : hopsJson(result, context.packets, faults, random);
  return {
    fw: isOld ? 4400 : 5080,
    ...(isOld ? { pf: 4 } : { af: 4, mver: '2.6.2' }),
    lts: isOld ? -1 : 28,
    endtime: Math.ceil(result.endedAt / 1000),
    dst_name: target,
    dst_addr: target,
    src_addr: '10.0.0.5',
    proto: isOld ? 'I' : 'ICMP',
    size: 48,
    paris_id: context.paris === 0 ? 0 : 1,
    result: hops,
    msm_id: context.measurement,
    prb_id: context.probe.id,
    timestamp: started,
    msm_name: 'Traceroute',
    from: formatIpv4(context.probe.address),
    type: 'traceroute',
    group_id: context.measurement,
    stored_timestamp: Math.ceil(result.endedAt / 1000) + 5,
  };
}

function hopsJson({ hops, stop }: TracerouteResult, packets: number, faults: EmulatorFaults, random: Random): Json[] {
  const json = hops.map((hop, i): Json => {
    const isRefusal = stop === 'unreachable' && i === hops.length - 1;
    const replies = Array.from({ length: packets }, () => replyJson(hop, isRefusal, random));
    if (random.chance(faults.latePackets) && i > 0) {
      const earlier = hops[i - 1].from;
      if (earlier !== undefined) replies.push({ late: 2, from: formatIpv4(earlier), ttl: 254, size: 28 });
      if (hop.from !== undefined) replies.push({ dup: true, ...replyJson(hop, isRefusal, random) });
    }
    return { hop: hop.ttl, result: replies };
  });
  if (stop === 'gapLimit') json.push({ hop: LAST_DITCH, result: Array.from({ length: packets }, () => ({ x: '*' })) });
  return json;
}

function replyJson(hop: TracerouteHop, isRefusal: boolean, random: Random): Json {
  if (hop.from === undefined || hop.rttMs === undefined) return { x: '*' };
  return {
    from: formatIpv4(hop.from),
    ttl: 255 - hop.ttl,
    size: 28,
    rtt: Math.round((hop.rttMs + random.next()) * 1000) / 1000,
    ...(isRefusal && { err: 'H' }),
    ...(hop.labels !== undefined && {
      icmpext: {
        version: 2,
        rfc4884: 1,
        obj: [{ class: 1, type: 1, mpls: hop.labels.map(mplsJson) }],
      },
    }),
  };
}

const mplsJson = ({ label, trafficClass, bottomOfStack, ttl }: MplsLabel): Json => ({
  label,
  exp: trafficClass,
  s: bottomOfStack ? 1 : 0,
  ttl,
});
