import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { badRequest } from './api-error.ts';

const probesSchema = z.object({
  type: z.enum(['probes', 'area', 'country', 'prefix', 'asn', 'msm']),
  value: z.union([z.string(), z.number()]).transform(String),
  requested: z.int(),
  tags: z.object({ include: z.array(z.string()).default([]), exclude: z.array(z.string()).default([]) }).optional(),
});
/** A selection of probes in a request that creates measurements. */
export type ProbesRequest = z.infer<typeof probesSchema>;

const timeSchema = z.union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000)]);

const definitionSchema = z.object({
  type: z.literal('traceroute'),
  af: z.literal(4),
  target: z.string(),
  description: z.string().min(1),
  protocol: z.enum(['ICMP', 'UDP', 'TCP']),
  packets: z.int().min(1).max(16).default(3),
  size: z.int().min(1).max(2048).default(48),
  paris: z.int().min(0).max(64).default(16),
  first_hop: z.int().min(1).max(255).default(1),
  max_hops: z.int().min(1).max(255).default(32),
  response_timeout: z.int().default(4000),
  is_public: z.boolean().default(true),
  tags: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
});

const bodySchema = z.object({
  definitions: z.array(definitionSchema).min(1),
  probes: z.array(probesSchema).min(1),
  is_oneoff: z.boolean().default(false),
  start_time: timeSchema.optional(),
  stop_time: timeSchema.optional(),
});

/** A valid request that creates measurements. `address` is the parsed target. */
export interface CreationRequest extends Omit<z.infer<typeof bodySchema>, 'definitions'> {
  readonly definitions: readonly (z.infer<typeof definitionSchema> & { readonly address: Ipv4Address })[];
}

/** Parses the body of a request that creates measurements. @throws {ApiError} 400 with a pointer to the first invalid field */
export function readCreation(body: unknown): CreationRequest {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const isMissing = issue.code === 'invalid_type' && issue.message.includes('undefined');
    throw badRequest(`/${issue.path.join('/')}`, isMissing ? 'This field is required.' : issue.message);
  }
  const definitions = parsed.data.definitions.map((definition, i) => {
    const address = tryParseIpv4(definition.target);
    if (address === undefined) throw badRequest(`/definitions/${i}/target`, 'Enter a valid IPv4 address.');
    return { ...definition, address };
  });
  return { ...parsed.data, definitions };
}
