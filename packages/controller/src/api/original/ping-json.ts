import { parseIpv4 } from '@revtr/net';
import type { ProbeRow } from '@revtr/storage';
import { z } from 'zod';
import { probeRequestSchema } from '../../probes/probe-request.ts';
import { type ProbeResult, probeResultSchema } from '../../probes/probe-result.ts';
import { withoutZeros } from '../v1/without-zeros.ts';

/** Addresses are 32-bit numbers, as in the original's messages. */
export const addressSchema = z.int().describe('IPv4 address as a number');
/** Seconds and microseconds; 64-bit numbers are text. */
export const timeSchema = z.object({ sec: z.string().optional(), usec: z.string().optional() });
const replySchema = z.object({
  from: addressSchema.optional(),
  seq: z.int().optional(),
  replyTtl: z.int().optional(),
  replyProto: z.string(),
  tx: timeSchema,
  rx: timeSchema,
  rtt: z.int().optional().describe('Microseconds'),
  icmpType: z.int().optional(),
  icmpCode: z.int().optional(),
  RR: z.array(addressSchema).optional(),
  tsonly: z.array(z.int()).optional(),
  tsandaddr: z.array(z.object({ ip: addressSchema.optional(), ts: z.int().optional() })).optional(),
});
const statisticsSchema = z.object({
  replies: z.int().optional(),
  loss: z.int().optional().describe('Probes without a reply'),
  min: z.number().optional().describe('Milliseconds, as the others'),
  max: z.number().optional(),
  avg: z.number().optional(),
  stddev: z.number().optional(),
});
const pingSchema = z.object({
  type: z.string(),
  method: z.string(),
  src: addressSchema.describe('The host that receives the replies'),
  dst: addressSchema,
  start: timeSchema,
  pingSent: z.int().optional(),
  ttl: z.int(),
  flags: z.array(z.string()).optional(),
  responses: z.array(replySchema).optional(),
  statistics: statisticsSchema,
  error: z.string().optional(),
  spoofedFrom: addressSchema.optional().describe('The sender of a spoofed probe'),
  id: z.string(),
  label: z.string().optional(),
});

/** The answer of `GET /api/v1/pings` in the JSON mapping of Protocol Buffers: zero values are left out. */
export const pingsAnswerSchema = z.object({ pings: z.array(pingSchema).optional() });
z.globalRegistry.add(pingSchema, { id: 'PingV1' });

type Ping = z.infer<typeof pingSchema>;
type Reply = NonNullable<ProbeResult['replies']>[number];

const SENT_TTL = 64;

/** A probe that has ended, as the original shows a ping. */
export function toPing({ id, request, result }: ProbeRow): Ping {
  const { type, from, to, as, timestamps, label } = probeRequestSchema.parse(request);
  const { startedAt, sent, replies = [], failure } = probeResultSchema.parse(result);
  const flags = [
    ...(type === 'recordRoute' ? ['v4rr'] : []),
    ...(as === undefined ? [] : ['spoof']),
    ...(type === 'timestamp' ? [timestamps === 'timestampOnly' ? 'tsonly' : 'tsandaddr'] : []),
  ];
  return {
    ...{ type: 'ping', method: 'icmp-echo', src: parseIpv4(as ?? from), dst: parseIpv4(to) },
    ...{ start: toTime(startedAt), ttl: SENT_TTL },
    ...(sent > 0 && { pingSent: sent }),
    ...(flags.length > 0 && { flags }),
    ...(replies.length > 0 && { responses: replies.map(toResponse) }),
    statistics: toStatistics(sent, replies),
    ...(failure && { error: failure.message }),
    ...(as !== undefined && { spoofedFrom: parseIpv4(from) }),
    id: String(id),
    ...(label !== '' && { label }),
  };
}

/** A time, milliseconds since the Unix epoch, as seconds and microseconds. Zero values are left out. */
export function toTime(ms: number): z.infer<typeof timeSchema> {
  const microseconds = Math.round(ms * 1000);
  const [sec, usec] = [Math.floor(microseconds / 1e6), microseconds % 1e6];
  return { ...(sec > 0 && { sec: String(sec) }), ...(usec > 0 && { usec: String(usec) }) };
}

function toResponse(reply: Reply): z.infer<typeof replySchema> {
  const { from, sequence, ttl, sentAt, rttMs, icmpType, icmpCode, recordRoute, timestamps } = reply;
  const hasAddresses = timestamps?.some(({ address }) => address !== undefined) === true;
  const numbers = { from: parseIpv4(from), seq: sequence, replyTtl: ttl, icmpType, icmpCode };
  return {
    ...withoutZeros({ ...numbers, rtt: Math.round(rttMs * 1000) }),
    ...{ replyProto: 'icmp', tx: toTime(sentAt), rx: toTime(sentAt + rttMs) },
    ...(recordRoute && { RR: recordRoute.map(parseIpv4) }),
    ...(timestamps && !hasAddresses && { tsonly: timestamps.map(({ milliseconds = 0 }) => milliseconds) }),
    ...(timestamps &&
      hasAddresses && {
        tsandaddr: timestamps.map(({ address = '0.0.0.0', milliseconds = 0 }) =>
          withoutZeros({ ip: parseIpv4(address), ts: milliseconds }),
        ),
      }),
  };
}

function toStatistics(sent: number, replies: readonly Reply[]): z.infer<typeof statisticsSchema> {
  const times = replies.map(({ rttMs }) => rttMs);
  const { length: count } = times;
  const loss = sent - count;
  if (count === 0) return withoutZeros({ loss });
  const avg = times.reduce((sum, time) => sum + time, 0) / count;
  const stddev = Math.sqrt(times.reduce((sum, time) => sum + (time - avg) ** 2, 0) / count);
  return withoutZeros({ replies: count, loss, min: Math.min(...times), max: Math.max(...times), avg, stddev });
}
