import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';

/** What a probe saw of one hop. */
export interface RipeHop {
  readonly ttl: number;
  /** The address that answered most packets in time; `undefined` when none did. */
  readonly from: Ipv4Address | undefined;
  readonly rttMs: number | undefined;
  /** MPLS labels on the probe, where the router told them (RFC 4950). */
  readonly labels: readonly number[];
}

/** One traceroute of one probe. */
export interface RipeTraceroute {
  readonly measurement: number;
  readonly probe: number;
  /** When it began, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Public address of the probe, as the collectors saw it. */
  readonly from: Ipv4Address | undefined;
  readonly target: Ipv4Address | undefined;
  /** Hops in order; the last-ditch packet with TTL 255 stands behind a silent hop. */
  readonly hops: readonly RipeHop[];
  /** Whether the target itself answered. */
  readonly isReached: boolean;
}

/** A result that says why there is no traceroute in it, or that cannot be read. */
export interface RipeFault {
  readonly probe: number | undefined;
  readonly reason: string;
}

const replySchema = z.object({
  from: z.string().optional(),
  rtt: z.number().optional(),
  late: z.number().optional(),
  dup: z.boolean().optional(),
  err: z.union([z.string(), z.number()]).optional(),
  error: z.string().optional(),
  icmpext: z
    .object({
      obj: z.array(z.object({ mpls: z.array(z.object({ label: z.int() })).optional() })).default([]),
    })
    .optional(),
});
type Reply = z.infer<typeof replySchema>;

const hopSchema = z.object({
  hop: z.int().optional(),
  error: z.string().optional(),
  result: z.array(replySchema).default([]),
});

/** Fields of every firmware since 1; the mandatory ones are those that RIPE's own parser demands. */
const resultSchema = z.object({
  fw: z.coerce.number(),
  msm_id: z.int(),
  prb_id: z.int(),
  timestamp: z.number(),
  type: z.literal('traceroute'),
  from: z.string().nullish(),
  dst_addr: z.string().nullish(),
  /** Before firmware 4460 the address family stood in `pf`. */
  af: z.int().nullish(),
  pf: z.int().nullish(),
  dnserr: z.string().nullish(),
  err: z.string().nullish(),
  result: z.union([z.array(hopSchema), z.string()]).default([]),
});

const LAST_DITCH = 255;

/** Reads one result. Results that hold no traceroute say why; nothing that a probe sends is thrown at the caller. */
export function readTraceroute(json: unknown): RipeTraceroute | RipeFault {
  const parsed = resultSchema.safeParse(json);
  if (!parsed.success)
    return { probe: probeOf(json), reason: `not a traceroute result: ${parsed.error.issues[0].message}` };
  const raw = parsed.data;
  const fault = faultOf(raw);
  if (fault !== undefined || typeof raw.result === 'string')
    return { probe: raw.prb_id, reason: fault ?? 'the firmware is too old' };
  const target = addressOf(raw.dst_addr);
  const hops: RipeHop[] = [];
  for (const hop of raw.result) {
    if (hop.hop === undefined) continue;
    const answer = answerOf(hop.result);
    if (hop.hop === LAST_DITCH) {
      if (answer?.from !== target || target === undefined) continue;
      hops.push({ ttl: (hops.at(-1)?.ttl ?? 0) + 1, from: undefined, rttMs: undefined, labels: [] });
    }
    const ttl = hop.hop === LAST_DITCH ? (hops.at(-1)?.ttl ?? 0) + 1 : hop.hop;
    hops.push({ ttl, from: answer?.from, rttMs: answer?.rttMs, labels: answer?.labels ?? [] });
  }
  return {
    measurement: raw.msm_id,
    probe: raw.prb_id,
    at: raw.timestamp * 1000,
    from: addressOf(raw.from),
    target,
    hops,
    isReached: target !== undefined && hops.at(-1)?.from === target && !wasRefused(raw.result),
  };
}

/** Whether a result is a traceroute. */
export const isTraceroute = (result: RipeTraceroute | RipeFault): result is RipeTraceroute => 'hops' in result;

function faultOf(raw: z.infer<typeof resultSchema>): string | undefined {
  if ((raw.af ?? raw.pf ?? 4) !== 4) return 'not IPv4';
  if (raw.dnserr) return `name resolution failed: ${raw.dnserr}`;
  if (raw.err) return raw.err;
  if (typeof raw.result === 'string') return undefined;
  return raw.result.find(({ error, hop, result }) => error !== undefined && (hop === undefined || result.length === 0))
    ?.error;
}

/** The packets of a hop that count: not late ones, duplicates, or those that could not be sent. */
function answerOf(replies: readonly Reply[]): Omit<RipeHop, 'ttl'> | undefined {
  const usable = replies.flatMap((reply) => {
    const from = addressOf(reply.from);
    return from === undefined || reply.late !== undefined || reply.dup === true ? [] : [{ ...reply, from }];
  });
  const byAddress = [...Map.groupBy(usable, ({ from }) => from)];
  byAddress.sort(([, a], [, b]) => b.length - a.length);
  if (byAddress.length === 0) return undefined;
  const [from, answers] = byAddress[0];
  const rtts = answers.flatMap(({ rtt }) => rtt ?? []);
  const labels = answers.flatMap(({ icmpext }) => icmpext?.obj ?? []).flatMap(({ mpls }) => mpls ?? []);
  return {
    from,
    rttMs: rtts.length === 0 ? undefined : Math.min(...rtts),
    labels: [...new Set(labels.map(({ label }) => label))],
  };
}

/** The target counts as reached when one of its packets came back without an error. */
function wasRefused(hops: readonly z.infer<typeof hopSchema>[]): boolean {
  const replies = (hops.at(-1)?.result ?? []).filter(({ from, late }) => from !== undefined && late === undefined);
  return replies.length > 0 && replies.every(({ err }) => err !== undefined);
}

const addressOf = (text: string | null | undefined): Ipv4Address | undefined =>
  text === null || text === undefined ? undefined : tryParseIpv4(text);

function probeOf(json: unknown): number | undefined {
  const parsed = z.object({ prb_id: z.int() }).safeParse(json);
  return parsed.success ? parsed.data.prb_id : undefined;
}
