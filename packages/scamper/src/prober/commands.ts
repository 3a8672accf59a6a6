import { formatIpv4 } from '@revtr/net';
import {
  contactPayload,
  DEFAULT_TTL,
  type PingRequest,
  type SpoofMark,
  TRACEROUTE_DEFAULTS,
  type TracerouteRequest,
} from '@revtr/probing';

const FLOW_BASE = 0x8000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** scamper's timeouts are whole seconds, at least one. */
const seconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));

/**
 * The scamper command for a ping: one packet, until the first reply (`scamper(1)`, section "PING OPTIONS"). The payload is `contact`,
 * a URI (RFC 9511), or scamper's own when there is none.
 */
export function pingCommand(request: PingRequest, contact?: string): string {
  return [
    'ping',
    '-c 1',
    '-o 1',
    `-W ${seconds(request.timeoutMs)}`,
    ...(contact === undefined ? [] : [`-B ${hex(contactPayload(contact, true))}`]),
    ...pingOptions(request),
    formatIpv4(request.target),
  ].join(' ');
}

/**
 * The scamper command for a spoofed ping with `claimedSource` as its source address. scamper writes the real source address into the payload, which
 * makes the packet traceable. The token follows, and then `contact`.
 */
export function spoofCommand(
  request: PingRequest,
  claimedSource: number,
  { identifier, sequence, token }: SpoofMark,
  contact?: string,
): string {
  const payload = contact === undefined ? token : `${token}${hex(contactPayload(contact, false))}`;
  const spoof = ['-O spoof', `-S ${formatIpv4(claimedSource)}`, `-F ${identifier}`, `-d ${sequence}`, `-B ${payload}`];
  return ['ping', '-c 1', ...spoof, ...pingOptions(request), formatIpv4(request.target)].join(' ');
}

/** The scamper command that captures one echo reply with `identifier` at the local address `receiver`; `timeoutMs` is rounded up to seconds. */
export function sniffCommand(receiver: number, identifier: number, timeoutMs: number): string {
  return `sniff -c 1 -G ${seconds(timeoutMs) + 1} -S ${formatIpv4(receiver)} icmp[icmpid] == ${identifier}`;
}

/**
 * The scamper command for an ICMP Paris traceroute (`scamper(1)`, section "TRACE OPTIONS"). The payload is `contact` behind the two
 * bytes that scamper changes to keep the checksum of all probes the same.
 */
export function traceCommand(request: TracerouteRequest, contact?: string): string {
  const { firstHop, maxHops, attempts, gapLimit, flow, timeoutMs, target } = { ...TRACEROUTE_DEFAULTS, ...request };
  const limits = [`-f ${firstHop}`, `-m ${maxHops}`, `-q ${attempts}`, `-g ${gapLimit}`, `-w ${seconds(timeoutMs)}`];
  const payload = contact === undefined ? [] : [`-p 0000${hex(contactPayload(contact, false))}`];
  const options = [`-s ${FLOW_BASE | (flow & 0x7fff)}`, ...payload, ...limits];
  return ['trace', '-P icmp-paris', ...options, formatIpv4(target)].join(' ');
}

function pingOptions({ option, ttl = DEFAULT_TTL }: PingRequest): string[] {
  const hops = `-m ${ttl}`;
  if (option === undefined) return [hops];
  if (option.type === 'recordRoute') return [hops, '-R'];
  const form = { timestampOnly: 'tsonly', withAddress: 'tsandaddr', prespecified: 'tsprespec' }[option.form];
  const asked = typeof option.slots === 'number' ? '' : `=${option.slots.map(formatIpv4).join(',')}`;
  return [hops, `-T ${form}${asked}`];
}
