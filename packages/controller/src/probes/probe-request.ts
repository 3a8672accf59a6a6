import { parseIpv4 } from '@revtr/net';
import type { PingRequest, TracerouteRequest } from '@revtr/probing';
import { z } from 'zod';

/** The kinds of raw probes that users may ask for. */
export const PROBE_TYPES = ['ping', 'recordRoute', 'timestamp', 'traceroute'] as const;
/** Most echo requests of one ping, and most probes to a silent hop of a traceroute. */
export const MOST_COUNT = 4;
/** Most addresses that a Timestamp option names. */
export const MOST_PRESPECIFIED = 4;
/** The largest body of a request for raw probes: room for the most probes with every field set. */
export const MOST_BODY = { bytes: 2 * 2 ** 20, values: 20_000 } as const;
/** Longest label, characters. */
export const LONGEST_LABEL = 500;
const RECORD_ROUTE_SLOTS = 9;

/** A raw probe that passed all checks, as it is stored. Addresses are dotted quads. */
export const probeRequestSchema = z.object({
  type: z.enum(PROBE_TYPES),
  /** The agent that sends it. */
  from: z.ipv4(),
  to: z.ipv4(),
  /** The source whose address the packets carry, and which receives the replies. Absent: the sender's own. */
  as: z.ipv4().optional(),
  /** Echo requests, one a second. A traceroute: probes to a silent hop. */
  count: z.int().min(1).max(MOST_COUNT),
  /** Of a timestamp probe: addresses that are asked to stamp, or the form that asks all routers. */
  timestamps: z
    .union([z.array(z.ipv4()).min(1).max(MOST_PRESPECIFIED), z.enum(['timestampOnly', 'withAddress'])])
    .optional(),
  label: z.string().max(LONGEST_LABEL),
});
export type ProbeRequest = z.infer<typeof probeRequestSchema>;

/** Longest wait for a reply, milliseconds: what the public clients of the measurement API expect at least. */
const PING_TIMEOUT_MS = 5_000;
const HOP_TIMEOUT_MS = 2_000;

/** The packets of a probe that is no traceroute. */
export function pingRequestOf({ type, from, to, as, timestamps }: ProbeRequest): PingRequest {
  const claimedSource = as === undefined ? undefined : parseIpv4(as);
  return {
    type: 'ping',
    sender: parseIpv4(from),
    target: parseIpv4(to),
    ...(claimedSource !== undefined && { spoof: { claimedSource, receiver: claimedSource } }),
    ...(type === 'recordRoute' && { option: { type, slots: RECORD_ROUTE_SLOTS } }),
    ...(type === 'timestamp' && { option: timestampOption(timestamps) }),
    timeoutMs: PING_TIMEOUT_MS,
  };
}

/** A traceroute of a probe. */
export function tracerouteRequestOf({ from, to, count }: ProbeRequest): TracerouteRequest {
  return {
    type: 'traceroute',
    sender: parseIpv4(from),
    target: parseIpv4(to),
    attempts: count,
    timeoutMs: HOP_TIMEOUT_MS,
  };
}

function timestampOption(timestamps: ProbeRequest['timestamps'] = 'timestampOnly'): PingRequest['option'] {
  if (typeof timestamps !== 'string')
    return { type: 'timestamp', form: 'prespecified', slots: timestamps.map(parseIpv4) };
  return {
    type: 'timestamp',
    form: timestamps,
    slots: timestamps === 'timestampOnly' ? RECORD_ROUTE_SLOTS : MOST_PRESPECIFIED,
  };
}
