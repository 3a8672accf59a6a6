import { parseIpv4 } from '@revtr/net';
import { TRACEROUTE_DEFAULTS } from '@revtr/probing';
import type { ProbeRow } from '@revtr/storage';
import { z } from 'zod';
import { probeRequestSchema } from '../../probes/probe-request.ts';
import { probeResultSchema } from '../../probes/probe-result.ts';
import { addressSchema, timeSchema, toTime } from './ping-json.ts';

const tracerouteSchema = z.object({
  type: z.string(),
  method: z.string(),
  src: addressSchema,
  dst: addressSchema,
  stopReason: z.string().optional(),
  start: timeSchema.extend({ ftime: z.string() }),
  hopCount: z.int().optional(),
  attempts: z.int(),
  firsthop: z.int(),
  gapLimit: z.int(),
  hops: z
    .array(
      z.object({
        addr: addressSchema,
        probeTtl: z.int(),
        rtt: timeSchema,
      }),
    )
    .optional()
    .describe('Hops that answered'),
  error: z.string().optional(),
  id: z.string(),
  platform: z.string(),
  label: z.string().optional(),
});
z.globalRegistry.add(tracerouteSchema, { id: 'TracerouteV1' });

/** The answer of `GET /api/v1/traceroutes` in the JSON mapping of Protocol Buffers: zero values are left out. */
export const traceroutesAnswerSchema = z.object({ traceroutes: z.array(tracerouteSchema).optional() });

/** Names of scamper. */
const STOP_REASONS = {
  completed: 'COMPLETED',
  unreachable: 'UNREACH',
  gapLimit: 'GAPLIMIT',
  hopLimit: 'HOPLIMIT',
  loop: 'LOOP',
} as const;

/** A traceroute that has ended, as the original shows it. Silent hops are left out, as in the original. */
export function toTraceroute({ id, request, result }: ProbeRow): z.infer<typeof tracerouteSchema> {
  const { from, to, count, label } = probeRequestSchema.parse(request);
  const { startedAt, stop, hops = [], failure } = probeResultSchema.parse(result);
  const answered = hops.flatMap(({ ttl, from: address, rttMs = 0 }) =>
    address === undefined ? [] : { addr: parseIpv4(address), probeTtl: ttl, rtt: toTime(rttMs) },
  );
  const { firstHop, gapLimit } = TRACEROUTE_DEFAULTS;
  return {
    ...{ type: 'trace', method: 'icmp-echo-paris', src: parseIpv4(from), dst: parseIpv4(to) },
    ...(stop !== undefined && { stopReason: STOP_REASONS[stop] }),
    start: { ...toTime(startedAt), ftime: formatTime(startedAt) },
    ...(hops.length > 0 && { hopCount: hops.length }),
    ...{ attempts: count, firsthop: firstHop, gapLimit },
    ...(answered.length > 0 && { hops: answered }),
    ...(failure && { error: failure.message }),
    ...{ id: String(id), platform: 'mlab' },
    ...(label !== '' && { label }),
  };
}

/** A time as the original writes it: in quotes that are part of the text, with the day of the month padded by a space. */
function formatTime(ms: number): string {
  const [date, time] = new Date(ms).toISOString().slice(0, 19).split('T');
  return `"${date.replace(/-0(?=\d$)/, '- ')} ${time}"`;
}
