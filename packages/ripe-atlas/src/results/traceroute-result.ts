import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';

/** One hop of a traceroute as a probe saw it. */
export interface RipeHop {
  readonly ttl: number;
  /** The address that answered the most packets in time; `undefined` when none did. */
  readonly from: Ipv4Address | undefined;
  /** Shortest round-trip time of that address, milliseconds. */
  readonly rttMs: number | undefined;
  /** MPLS labels that the router reported (RFC 4950), each once. */
  readonly labels: readonly number[];
}

/** One traceroute of one probe. */
export interface RipeTraceroute {
  /** Identifier of the measurement. */
  readonly measurement: number;
  /** Identifier of the probe. */
  readonly probe: number;
  /** Start, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Public address of the probe, as the collectors saw it. */
  readonly from: Ipv4Address | undefined;
  readonly target: Ipv4Address | undefined;
  /** Hops in the order of the result. A reply to the final packet with TTL 255 follows one silent hop. */
  readonly hops: readonly RipeHop[];
  /** Whether the target itself answered. */
  readonly isReached: boolean;
}

/** A result without a readable traceroute. */
export interface RipeFault {
  /** Identifier of the probe, if the result has one. */
  readonly probe: number | undefined;
  /** Reason for people, at most 500 characters. */
  readonly reason: string;
}

/** Most entries of one list in a result. A traceroute has at most 255 hops and 16 packets for each. */
const MOST_HOPS = 256;
const MOST_ENTRIES = 64;
const MOST_SECONDS = 2 ** 32;
const MOST_REASON_CHARACTERS = 500;

const replySchema = z.object({
  from: z.string().optional(),
  rtt: z.number().nonnegative().optional(),
  late: z.number().optional(),
  dup: z.boolean().optional(),
  err: z.union([z.string(), z.number()]).optional(),
  error: z.string().optional(),
  icmpext: z
    .object({
      obj: z
        .array(
          z.object({
            mpls: z
              .array(z.object({ label: z.int() }))
              .max(MOST_ENTRIES)
              .optional(),
          }),
        )
        .max(MOST_ENTRIES)
        .default([]),
    })
    .optional(),
});
type Reply = z.infer<typeof replySchema>;

const hopSchema = z.object({
  hop: z.int().min(0).max(255).optional(),
  error: z.string().optional(),
  result: z.array(replySchema).max(MOST_ENTRIES).default([]),
});

/** Fields of all firmware versions. The mandatory ones are those that RIPE's parser (ripe.atlas.sagan) requires. */
const resultSchema = z.object({
  fw: z.union([z.number(), z.string()]),
  msm_id: z.int(),
  prb_id: z.int(),
  timestamp: z.number().nonnegative().max(MOST_SECONDS),
  type: z.literal('traceroute'),
  from: z.string().nullish(),
  dst_addr: z.string().nullish(),
  /** Firmware before 4460 reports the address family in `pf`. */
  af: z.int().nullish(),
  pf: z.int().nullish(),
  dnserr: z.string().nullish(),
  err: z.string().nullish(),
  result: z.union([z.array(hopSchema).max(MOST_HOPS), z.string()]).default([]),
});

const LAST_DITCH = 255;

/**
 * Reads one traceroute result of RIPE Atlas (https://atlas.ripe.net/docs/apis/result-format/) from parsed JSON. It never throws:
 * a malformed result, and one without a traceroute, gives a {@link RipeFault}.
 */
export function readTraceroute(json: unknown): RipeTraceroute | RipeFault {
  const parsed = resultSchema.safeParse(json);
  if (!parsed.success) return faultWith(probeOf(json), `not a traceroute result: ${parsed.error.issues[0].message}`);
  const raw = parsed.data;
  const fault = faultOf(raw);
  if (fault !== undefined || typeof raw.result === 'string')
    return faultWith(raw.prb_id, fault ?? 'the firmware is too old');
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

/** Late replies, duplicates, and packets that could not be sent do not count. */
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

/** Whether every reply of the last hop is an ICMP error; the target is reached when one is not. */
function wasRefused(hops: readonly z.infer<typeof hopSchema>[]): boolean {
  const replies = (hops.at(-1)?.result ?? []).filter(({ from, late }) => from !== undefined && late === undefined);
  return replies.length > 0 && replies.every(({ err }) => err !== undefined);
}

const addressOf = (text: string | null | undefined): Ipv4Address | undefined =>
  text === null || text === undefined ? undefined : tryParseIpv4(text);

const faultWith = (probe: number | undefined, reason: string): RipeFault => ({
  probe,
  reason: reason.slice(0, MOST_REASON_CHARACTERS),
});

function probeOf(json: unknown): number | undefined {
  const parsed = z.object({ prb_id: z.int() }).safeParse(json);
  return parsed.success ? parsed.data.prb_id : undefined;
}
