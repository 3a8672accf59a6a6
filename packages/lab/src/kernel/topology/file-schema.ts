import { z } from 'zod';

const nodeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,5}$/, 'a node name is a letter and up to five letters or digits');
const nodePair = z.tuple([z.string(), z.string()]);
const costs = z.tuple([z.int().min(1).max(1_000), z.int().min(1).max(1_000)]);
const share = z.number().gt(0).lte(1);

const nodeSchema = z.strictObject({
  role: z.enum(['router', 'source', 'vp', 'destination']),
  options: z
    .strictObject({
      rr: z.enum(['egress', 'ingress', 'loopback', 'off', 'drop']).default('egress'),
      ttl: z.enum(['answer', 'silent']).default('answer'),
      stamp: z.string().optional(),
      balance: z.enum(['addresses', 'ports', 'icmp', 'packet']).optional(),
      agent: z.enum(['own', 'legacy']).optional(),
    })
    .default({ rr: 'egress', ttl: 'answer' }),
});

const fullLinkSchema = z.strictObject({
  between: nodePair,
  prefix: z.string(),
  costs: costs.default([1, 1]),
  mtu: z.int().min(576).max(9_000).optional(),
  delayMs: z.number().gt(0).max(10_000).optional(),
  loss: share.optional(),
});
const shortLinkSchema = z
  .tuple([z.string(), z.string(), z.string()])
  .transform(([a, b, prefix]) => fullLinkSchema.parse({ between: [a, b], prefix }));
const linkSchema = z.union([shortLinkSchema, fullLinkSchema], {
  error: 'a link is [node, node, prefix] or { between, prefix, costs, mtu, delayMs, loss }',
});

const routeSchema = z.strictObject({ at: z.string(), to: z.string(), via: z.string(), src: z.string().optional() });

const policySchema = z.strictObject({
  at: z.string(),
  options: z.literal(true).optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  do: z.union(
    [
      z.literal('drop'),
      z.strictObject({ limit: z.int().min(1).max(100_000) }),
      z.strictObject({ lose: share }),
      z.strictObject({ via: z.string() }),
    ],
    { error: 'do is "drop", { "limit": packets a second }, { "lose": share } or { "via": node }' },
  ),
});

/** The format of topology files, which docs/kernel-lab.md describes. */
export const fileSchema = z.strictObject({
  nodes: z.record(nodeName, nodeSchema),
  links: z.array(linkSchema),
  routing: z.enum(['static', 'shortest']).default('static'),
  routes: z.array(routeSchema).default([]),
  as: z.record(z.string(), z.int().positive()).default({}),
  policies: z.array(policySchema).default([]),
  nat: z.array(z.strictObject({ at: z.string(), inside: z.string(), outside: z.string() })).default([]),
  tunnels: z
    .array(
      z.strictObject({
        kind: z.enum(['vxlan', 'gre', 'ipip']),
        between: nodePair,
        prefix: z.string(),
        costs: costs.default([1, 1]),
      }),
    )
    .max(100)
    .default([]),
  anycast: z.array(z.strictObject({ address: z.string(), at: z.array(z.string()).min(2) })).default([]),
  aliases: z.union([z.enum(['given', 'none']), z.array(z.string())]).default('given'),
  changes: z
    .array(
      z.strictObject({
        at: z.number().min(0),
        routes: z.array(routeSchema).default([]),
        costs: z.array(z.strictObject({ between: nodePair, costs })).default([]),
        policies: z.array(policySchema).default([]),
      }),
    )
    .default([]),
});

/** A topology file before it is read. */
export type TopologyFile = z.input<typeof fileSchema>;
/** A topology file with its defaults. */
export type ReadFile = z.output<typeof fileSchema>;
