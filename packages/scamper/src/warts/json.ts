import type { Timeval } from './fields.ts';
import type { WartsRecord } from './file.ts';
import type { WartsCycleStart } from './list-and-cycle.ts';
import { PING_FLAGS, type WartsPing, type WartsPingReply } from './ping.ts';
import { mplsLabelsOf, type WartsHop, type WartsIcmpExtension, type WartsTrace } from './trace.ts';

const PING_METHODS = ['icmp-echo', 'tcp-ack', 'tcp-ack-sport', 'udp', 'udp-dport', 'icmp-time', 'tcp-syn'];
const TRACE_METHODS = ['', 'icmp-echo', 'udp', 'tcp', 'icmp-echo-paris', 'udp-paris', 'tcp-ack'];
const TRACE_STOPS = ['NONE', 'COMPLETED', 'UNREACH', 'ICMP', 'LOOP', 'GAPLIMIT', 'ERROR', 'HOPLIMIT', 'GSS', 'HALTED'];
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp' };
const PARIS_ICMP = 4;

/**
 * Converts records to the JSON that scamper's `sc_warts2json` (20211212) prints. Lists, sniffs and records of unknown type have no JSON form.
 * Cycles carry the name of their list, so one converter must see all records of a file in order.
 */
export class WartsToJson {
  readonly #lists = new Map<number, { readonly name: string }>();
  readonly #cycles = new Map<number, WartsCycleStart>();

  /** The JSON object of a record; `undefined` when the record has no JSON form. */
  convert(record: WartsRecord): object | undefined {
    switch (record.type) {
      case 'list':
        this.#lists.set(record.id, record);
        return undefined;
      case 'cycleStart':
      case 'cycleDefinition': {
        this.#cycles.set(record.id, record);
        const { startTime } = record;
        return record.type === 'cycleStart'
          ? { type: 'cycle-start', ...this.#describe(record), start_time: startTime }
          : undefined;
      }
      case 'cycleStop': {
        const cycle = this.#cycles.get(record.id);
        return cycle && { type: 'cycle-stop', ...this.#describe(cycle), stop_time: record.stopTime };
      }
      case 'ping':
        return pingToJson(record);
      case 'trace':
        return traceToJson(record);
      default:
        return undefined;
    }
  }

  #describe({ listId, cycleId, hostname }: WartsCycleStart): object {
    return { list_name: this.#lists.get(listId)?.name ?? '', id: cycleId, ...(hostname !== undefined && { hostname }) };
  }
}

function pingToJson(ping: WartsPing): object {
  const flags = (ping.longFlags ?? 0) | (ping.flags ?? 0);
  const names = Object.entries(PING_FLAGS).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []));
  const method = ping.method ?? 0;
  return {
    type: 'ping',
    version: '0.4',
    method: PING_METHODS[method],
    src: ping.source,
    dst: ping.destination,
    start: ping.start,
    ping_sent: ping.sent ?? 0,
    probe_size: ping.probeSize,
    userid: ping.userId ?? 0,
    ttl: ping.ttl,
    wait: ping.wait,
    ...(ping.waitMicros !== undefined && { wait_us: ping.waitMicros }),
    timeout: ping.timeout ?? ping.wait,
    ...(method !== 0 && method !== 5 && { sport: ping.sourcePort, dport: ping.destinationPort }),
    ...(ping.tcpSequence !== undefined && { tcp_seq: ping.tcpSequence }),
    ...(ping.tcpAck !== undefined && { tcp_ack: ping.tcpAck }),
    ...(ping.payload && { payload: hex(ping.payload) }),
    ...(names.length > 0 && { flags: names }),
    ...(ping.prespecified && { probe_tsps: ping.prespecified }),
    responses: ping.replies.map(replyToJson),
    statistics: statisticsOf(ping),
  };
}

function replyToJson(reply: WartsPingReply): object {
  const { timestamps, recordRoute, sentAt, rttMicros = 0, icmp } = reply;
  return {
    from: reply.from,
    seq: reply.probeId ?? 0,
    reply_size: reply.size,
    reply_ttl: reply.ttl,
    reply_proto: PROTOCOLS[reply.protocol ?? 1],
    ...(sentAt && { tx: sentAt, rx: addMicros(sentAt, rttMicros) }),
    rtt: rttMicros / 1000,
    probe_ipid: reply.probeIpId,
    reply_ipid: reply.ipId,
    ...(icmp !== undefined && { icmp_type: icmp >>> 8, icmp_code: icmp & 255 }),
    ...(reply.tcpFlags !== undefined && { tcp_flags: reply.tcpFlags }),
    ...(recordRoute && { RR: recordRoute }),
    ...(timestamps && timestampsToJson(timestamps)),
  };
}

function timestampsToJson({ stamps, addresses }: NonNullable<WartsPingReply['timestamps']>): object {
  if (addresses === undefined) return { tsonly: stamps };
  return { tsandaddr: addresses.map((ip, i) => ({ ip, ts: stamps[i] })) };
}

/** Statistics in milliseconds over the first reply to each probe, as scamper computes them. */
function statisticsOf({ replies, sent = 0 }: WartsPing): object {
  const firsts = [...new Map([...replies].reverse().map((reply) => [reply.probeId ?? 0, reply])).values()];
  const rtts = firsts.map(({ rttMicros = 0 }) => rttMicros);
  const counts = { replies: rtts.length, loss: sent === 0 ? 0 : round((sent - rtts.length) / sent, 2) };
  if (rtts.length === 0) return counts;
  const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
  const deviation = Math.sqrt(rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length);
  const milliseconds = (micros: number): number => round(micros / 1000, 3);
  return {
    ...counts,
    min: milliseconds(Math.min(...rtts)),
    max: milliseconds(Math.max(...rtts)),
    avg: milliseconds(Math.floor(mean)),
    stddev: milliseconds(Math.floor(deviation)),
  };
}

function traceToJson(trace: WartsTrace): object {
  const method = trace.method ?? 0;
  const isIcmp = method === 1 || method === PARIS_ICMP;
  return {
    type: 'trace',
    version: '0.1',
    userid: trace.userId ?? 0,
    method: TRACE_METHODS[method],
    src: trace.source,
    dst: trace.destination,
    ...(isIcmp
      ? method === PARIS_ICMP && { icmp_sum: trace.destinationPort }
      : { sport: trace.sourcePort, dport: trace.destinationPort }),
    stop_reason: TRACE_STOPS[trace.stopReason ?? 0],
    stop_data: trace.stopData ?? 0,
    start: trace.start && { ...trace.start, ftime: localTime(trace.start) },
    hop_count: trace.hopCount ?? 0,
    attempts: trace.attempts,
    hoplimit: trace.hopLimit ?? 0,
    firsthop: trace.firstHop,
    wait: trace.wait,
    wait_probe: trace.waitProbe ?? 0,
    tos: trace.tos ?? 0,
    probe_size: trace.probeSize,
    probe_count: trace.probesSent ?? 0,
    ...(trace.hops.length > 0 && { hops: trace.hops.map((hop) => hopToJson(hop, trace)) }),
  };
}

function hopToJson(hop: WartsHop, { probeSize }: WartsTrace): object {
  const { icmp = 0, rttMicros = 0, sentAt } = hop;
  return {
    addr: hop.from,
    probe_ttl: hop.probeTtl,
    probe_id: (hop.probeId ?? 0) + 1,
    probe_size: hop.probeSize,
    ...(sentAt && { tx: sentAt }),
    rtt: rttMicros / 1000,
    reply_ttl: hop.replyTtl,
    reply_tos: hop.tos ?? 0,
    reply_ipid: hop.ipId ?? 0,
    reply_size: hop.replySize,
    icmp_type: icmp >>> 8,
    icmp_code: icmp & 255,
    ...(icmp >>> 8 !== 0 && {
      icmp_q_ttl: hop.quotedTtl ?? 1,
      icmp_q_ipl: hop.quotedLength ?? probeSize,
      icmp_q_tos: hop.quotedTos ?? 0,
    }),
    ...(hop.extensions && { icmpext: hop.extensions.map((extension) => extensionToJson(extension, hop)) }),
  };
}

function extensionToJson({ classNumber, classType, data }: WartsIcmpExtension, hop: WartsHop): object {
  const labels = mplsLabelsOf(hop).map(({ label, trafficClass, bottomOfStack, ttl }) => ({
    mpls_ttl: ttl,
    mpls_s: bottomOfStack ? 1 : 0,
    mpls_exp: trafficClass,
    mpls_label: label,
  }));
  const isMpls = classNumber === 1 && classType === 1;
  return { ie_cn: classNumber, ie_ct: classType, ie_dl: data.length, ...(isMpls && { mpls_labels: labels }) };
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

function addMicros({ sec, usec }: Timeval, micros: number): Timeval {
  const sum = usec + micros;
  return { sec: sec + Math.floor(sum / 1_000_000), usec: sum % 1_000_000 };
}

/** Local time in the format that `sc_warts2json` uses. */
function localTime({ sec }: Timeval): string {
  const date = new Date(sec * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
