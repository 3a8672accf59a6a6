import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { MOST_HOPS, type PublicTraceroute } from './public-traceroute.ts';

const MOST_SECONDS = 2 ** 32;
/** Most routers of a `tracelb`, links of one, and probes of a link: scamper ends long before. */
const MOST_NODES = 10_000;
const MOST_LINKS = 10_000;
const MOST_PROBES = 100_000;

const startSchema = z.object({ sec: z.number().nonnegative().max(MOST_SECONDS) });
const addressSchema = z.string().transform((text) => tryParseIpv4(text));

const traceSchema = z.object({
  type: z.literal('trace'),
  src: addressSchema,
  dst: addressSchema,
  start: startSchema,
  stop_reason: z.string(),
  hops: z
    .array(z.object({ addr: addressSchema, probe_ttl: z.int().min(1).max(MOST_HOPS) }))
    .max(MOST_PROBES)
    .default([]),
});

const linkSchema = z.object({
  /** `*` for routers that did not answer. */
  addr: addressSchema,
  probes: z
    .array(z.object({ flowid: z.int(), replyc: z.int().default(0) }))
    .max(MOST_PROBES)
    .default([]),
});
const tracelbSchema = z.object({
  type: z.literal('tracelb'),
  src: addressSchema,
  dst: addressSchema,
  start: startSchema,
  nodes: z
    .array(
      z.object({
        addr: addressSchema,
        /** For each distance from the node, the routers there: more than one distance if routers between did not answer. */
        links: z.array(z.array(linkSchema).max(MOST_LINKS)).max(MOST_HOPS).default([]),
      }),
    )
    .max(MOST_NODES)
    .default([]),
});
type Node = z.infer<typeof tracelbSchema>['nodes'][number];

const schema = z.discriminatedUnion('type', [traceSchema, tracelbSchema]);

/**
 * A traceroute of scamper as `sc_warts2json` prints it and M-Lab publishes it (data types `scamper1` and `scamper2`), from parsed JSON:
 * a `trace`, or one flow of a `tracelb`. `undefined` if it is none, or has not reached its target.
 */
export function scamperTraceroute(json: unknown): PublicTraceroute | undefined {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const { src: origin, dst: target, start } = parsed.data;
  if (origin === undefined || target === undefined) return undefined;
  const hops = parsed.data.type === 'trace' ? hopsOfTrace(parsed.data) : hopsOfFlow(parsed.data.nodes, target);
  return hops === undefined || hops.at(-1) !== target ? undefined : { origin, target, at: start.sec * 1_000, hops };
}

function hopsOfTrace({ stop_reason, hops }: z.infer<typeof traceSchema>): PublicTraceroute['hops'] | undefined {
  if (stop_reason !== 'COMPLETED' || hops.length === 0) return undefined;
  const byTtl = new Map<number, Ipv4Address | undefined>();
  // Of several answers to probes of one TTL the first one counts.
  for (const { addr, probe_ttl } of hops) if (!byTtl.has(probe_ttl)) byTtl.set(probe_ttl, addr);
  const last = Math.max(...byTtl.keys());
  return Array.from({ length: last }, (_, i) => byTtl.get(i + 1));
}

/** The routers that the packets of one flow passed: that of the first link which has an answer. `undefined` when the flow does not arrive. */
function hopsOfFlow(nodes: readonly Node[], target: Ipv4Address): PublicTraceroute['hops'] | undefined {
  const [first] = nodes;
  if (first?.addr === undefined) return undefined;
  const byAddress = new Map(nodes.flatMap((node) => (node.addr === undefined ? [] : [[node.addr, node] as const])));
  const hops: (Ipv4Address | undefined)[] = [first.addr];
  let flow: number | undefined;
  for (let node: Node | undefined = first; node !== undefined && hops.length < MOST_HOPS; ) {
    const [links = [], ...further] = node.links;
    const silent = links.every(({ addr }) => addr === undefined) ? further : [];
    const gap = silent.findIndex((there) => there.some(({ addr }) => addr !== undefined));
    const choices = gap < 0 ? links : silent[gap];
    for (let i = 0; i <= gap; i++) hops.push(undefined);
    const link = choices.find(({ addr, probes }) => addr !== undefined && probes.some(isAnswered(flow)));
    if (link?.addr === undefined) return undefined;
    flow ??= link.probes.find(isAnswered(undefined))?.flowid;
    hops.push(link.addr);
    if (link.addr === target) return hops;
    node = byAddress.get(link.addr);
  }
  return undefined;
}

const isAnswered =
  (flow: number | undefined) =>
  ({ flowid, replyc }: { readonly flowid: number; readonly replyc: number }): boolean =>
    replyc > 0 && (flow === undefined || flowid === flow);
