import { readWord } from '@revtr/net';

/** An echo reply as the agent of revtr 2.0 reports it: a message `datamodel.Probe`. */
export interface ReportedProbe {
  readonly spoofer_ip: number;
  readonly probe_id: number;
  readonly src: number;
  readonly dst: number;
  readonly id: number;
  readonly seq_num: number;
  readonly r_r?: { readonly hops: readonly number[] };
  readonly ts?: { readonly type: number; readonly stamps: readonly { readonly time: number; readonly ip: number }[] };
  readonly received_timestamp: number;
}

const SEQUENCE = 62_195;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const [ADDRESS_AND_TIME, PRESPECIFIED] = [1, 3];

const word32 = (bytes: Uint8Array, at: number): number => readWord(bytes, at) * 65_536 + readWord(bytes, at + 2);

/**
 * Reads an IPv4 packet with an echo reply as that agent does: without a look at the pointers of options, so that entries without a stamp are there
 * as well. `undefined` when the packet does not look like the reply to a spoofed probe.
 */
export function reportOf(packet: Uint8Array): ReportedProbe | undefined {
  const icmp = (packet[0] & 15) * 4;
  if (packet.length < icmp + 16 || packet[icmp] !== 0 || readWord(packet, icmp + 6) !== SEQUENCE) return undefined;
  return {
    spoofer_ip: word32(packet, icmp + 8),
    probe_id: word32(packet, icmp + 12),
    src: word32(packet, 12),
    dst: word32(packet, 16),
    id: readWord(packet, icmp + 4),
    seq_num: SEQUENCE,
    ...optionsOf(packet.subarray(20, icmp)),
    received_timestamp: Math.floor(Date.now() / 1_000),
  };
}

function optionsOf(options: Uint8Array): Pick<ReportedProbe, 'r_r' | 'ts'> {
  for (let at = 0; at < options.length; ) {
    const type = options[at];
    if (type === 0) break;
    const length = type === 1 ? 1 : options[at + 1];
    if (length === 0 || length === undefined) break;
    const option = options.subarray(at, at + length);
    if (type === RECORD_ROUTE) return { r_r: { hops: wordsOf(option.subarray(3)) } };
    if (type === TIMESTAMP) return { ts: timestampOf(option) };
    at += length;
  }
  return {};
}

function timestampOf(option: Uint8Array): ReportedProbe['ts'] {
  const type = option[3] & 15;
  const words = wordsOf(option.subarray(4));
  const hasAddresses = type === ADDRESS_AND_TIME || type === PRESPECIFIED;
  const stamps = hasAddresses
    ? words.flatMap((ip, i) => (i % 2 === 0 ? [{ ip, time: words[i + 1] ?? 0 }] : []))
    : words.map((time) => ({ ip: 0, time }));
  return { type, stamps };
}

const wordsOf = (bytes: Uint8Array): number[] =>
  Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => word32(bytes, 4 * i));
