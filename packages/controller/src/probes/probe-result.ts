import { formatIpv4 } from '@revtr/net';
import type { PingResult, TracerouteResult } from '@revtr/probing';
import { z } from 'zod';

const time = z.number().describe('Milliseconds since the Unix epoch');
const timestampSchema = z.object({
  address: z.ipv4().optional(),
  milliseconds: z.int().optional().describe('Since midnight UTC, or a non-standard value; absent when not stamped'),
});
const replySchema = z.object({
  sequence: z.int().describe('Number of the echo request that it answers, from 0'),
  sentAt: time,
  from: z.ipv4(),
  icmpType: z.int(),
  icmpCode: z.int(),
  rttMs: z.number(),
  ttl: z.int().describe('TTL of the reply as received'),
  recordRoute: z.array(z.ipv4()).optional(),
  timestamps: z.array(timestampSchema).optional(),
});
const hopSchema = z.object({
  ttl: z.int(),
  from: z.ipv4().optional().describe('Absent when the hop is silent'),
  rttMs: z.number().optional(),
  labels: z.array(z.int()).optional().describe('MPLS labels'),
});
const failureSchema = z.object({ code: z.string(), message: z.string() });

/** What a raw probe has shown, as it is stored and as the API shows it. */
export const probeResultSchema = z.object({
  startedAt: time,
  endedAt: time,
  sent: z.int().describe('Packets that were sent'),
  replies: z.array(replySchema).optional().describe('Absent for a traceroute'),
  hops: z.array(hopSchema).optional().describe('Of a traceroute'),
  stop: z.enum(['completed', 'unreachable', 'gapLimit', 'hopLimit', 'loop']).optional().describe('Of a traceroute'),
  failure: failureSchema.optional().describe('Why packets were not sent'),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;
type Reply = z.infer<typeof replySchema>;

/** The reply to one echo request; `undefined` when none arrived. */
export function toReply(sequence: number, { sentAt, reply }: PingResult): Reply | undefined {
  if (reply === undefined) return undefined;
  const { from, icmpType, icmpCode, rttMs, ttl, recordRoute, timestamps } = reply;
  return {
    ...{ sequence, sentAt, icmpType, icmpCode, rttMs, ttl, from: formatIpv4(from) },
    ...(recordRoute && { recordRoute: recordRoute.map(formatIpv4) }),
    ...(timestamps && {
      timestamps: timestamps.map(({ address, milliseconds }) => ({
        ...(address !== undefined && { address: formatIpv4(address) }),
        ...(milliseconds !== undefined && { milliseconds }),
      })),
    }),
  };
}

/** The result of a traceroute. */
export function ofTraceroute({ startedAt, endedAt, stop, hops, probesSent }: TracerouteResult): ProbeResult {
  return {
    ...{ startedAt, endedAt, stop, sent: probesSent },
    hops: hops.map(({ ttl, from, rttMs, labels }) => ({
      ttl,
      ...(from !== undefined && { from: formatIpv4(from) }),
      ...(rttMs !== undefined && { rttMs }),
      ...(labels && { labels: labels.map(({ label }) => label) }),
    })),
  };
}
