import {
  type EchoOption,
  formatIpv4,
  type Ipv4Address,
  MAX_ADDRESSED_TIMESTAMPS,
  MAX_BARE_TIMESTAMPS,
} from '@revtr/net';
import { ProbingError } from './errors.ts';
import type { SpoofMark } from './spoof-mark.ts';

/** A probe with the source address of another host. Only a source that agreed to it may be claimed. */
export interface Spoof {
  /** The source address in the packet: that of the source. */
  readonly claimedSource: Ipv4Address;
  /** The agent that receives the reply: the source; behind a NAT its own address differs from `claimedSource`. */
  readonly receiver: Ipv4Address;
  /** The values by which the receiver recognizes the reply. Default: the prober draws them. A mark serves one probe. */
  readonly mark?: SpoofMark;
}

/** One ICMP echo request, with or without an IP option. */
export interface PingRequest {
  readonly type: 'ping';
  /** The vantage point that emits the packet. */
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  readonly spoof?: Spoof;
  readonly option?: EchoOption;
  /** Initial TTL, 1 to 255. Default 64. */
  readonly ttl?: number;
  /** How long to wait for the reply, milliseconds. */
  readonly timeoutMs: number;
}

/** A Paris traceroute with ICMP echo requests: all its probes belong to one flow (Augustin et al., IMC 2006). */
export interface TracerouteRequest {
  readonly type: 'traceroute';
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  /** First TTL probed. Default 1. */
  readonly firstHop?: number;
  /** Last TTL probed, at most 255. Default 30. */
  readonly maxHops?: number;
  /** Probes sent to a silent hop before it counts as silent. Default 2. */
  readonly attempts?: number;
  /** Consecutive silent hops after which the traceroute stops. Default 5. */
  readonly gapLimit?: number;
  /** How long to wait for each reply, milliseconds. */
  readonly timeoutMs: number;
  /** Distinguishes flows between the same two addresses, 16 bits. Default 0. */
  readonly flow?: number;
}

export type ProbeRequest = PingRequest | TracerouteRequest;

/** Default TTL of a ping. */
export const DEFAULT_TTL = 64;
/** Defaults of a traceroute. */
export const TRACEROUTE_DEFAULTS = { firstHop: 1, maxHops: 30, attempts: 2, gapLimit: 5, flow: 0 } as const;

/** Checks the ranges of a request. @throws {ProbingError} `invalidRequest` */
export function assertValidRequest(request: ProbeRequest): void {
  const fault = request.type === 'ping' ? pingFault(request) : tracerouteFault(request);
  if (fault !== undefined) {
    throw new ProbingError('invalidRequest', `${request.type} to ${formatIpv4(request.target)}: ${fault}`);
  }
}

const inRange = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

function pingFault({ option, ttl = DEFAULT_TTL, timeoutMs }: PingRequest): string | undefined {
  if (!inRange(ttl, 1, 255)) return 'ttl must be 1 to 255';
  if (!(timeoutMs > 0)) return 'timeoutMs must be positive';
  if (option?.type === 'recordRoute' && !inRange(option.slots, 1, 9)) return 'Record Route has 1 to 9 slots';
  if (option?.type !== 'timestamp') return undefined;
  const count = typeof option.slots === 'number' ? option.slots : option.slots.length;
  const most = option.form === 'timestampOnly' ? MAX_BARE_TIMESTAMPS : MAX_ADDRESSED_TIMESTAMPS;
  if (!inRange(count, 1, most)) return `the Timestamp form ${option.form} has 1 to ${most} entries`;
  const needsAddresses = option.form === 'prespecified';
  return needsAddresses === (typeof option.slots !== 'number') ? undefined : 'addresses go with the form prespecified';
}

function tracerouteFault(request: TracerouteRequest): string | undefined {
  const { firstHop, maxHops, attempts, gapLimit, flow } = { ...TRACEROUTE_DEFAULTS, ...request };
  if (!inRange(firstHop, 1, 255) || !inRange(maxHops, firstHop, 255))
    return 'firstHop and maxHops must be 1 to 255 in order';
  if (!inRange(attempts, 1, 10)) return 'attempts must be 1 to 10';
  if (!inRange(gapLimit, 1, 255)) return 'gapLimit must be 1 to 255';
  if (!inRange(flow, 0, 0xffff)) return 'flow must be a 16-bit number';
  return request.timeoutMs > 0 ? undefined : 'timeoutMs must be positive';
}
