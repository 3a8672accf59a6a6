import type { Service } from '@revtr/bus';
import { z } from 'zod';
import { payerSchema } from '../run-record.ts';

const askerSchema = z
  .object({ userId: z.int(), keyId: z.int().nullable(), ripeKey: z.string().max(200).optional() })
  .transform(({ ripeKey, ...asker }) => ({ ...asker, ripeKey }));

const requestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('overview') }),
  z.object({ type: z.literal('size') }),
  z.object({ type: z.literal('estimate'), asker: askerSchema.optional() }),
  z.object({ type: z.literal('run'), asker: askerSchema }),
  z.object({ type: z.literal('collect') }),
  z.object({ type: z.literal('catchUp') }),
  z.object({ type: z.literal('cancel') }),
  z.object({ type: z.literal('clean') }),
]);
/** What an engine is asked about the atlas of a source that it owns. */
export type AtlasRequest = z.infer<typeof requestSchema>;

const overviewSchema = z.object({
  paths: z.object({ vantagePoint: z.int(), ripeAtlas: z.int(), publicTraceroute: z.int(), reverseTraceroute: z.int() }),
  hops: z.int(),
  routers: z.int(),
  networks: z.int(),
  placedExactly: z.int(),
  placedBetween: z.int(),
  contradictions: z.object({ order: z.int(), bounds: z.int(), branch: z.int(), asLoop: z.int() }),
  used: z.int(),
  ages: z.object({ newest: z.number(), median: z.number(), oldest: z.number() }).optional(),
});
const estimateSchema = z.object({
  payer: payerSchema,
  probes: z.int(),
  credits: z.int(),
  note: z.string().max(1_000).optional(),
});
const responseSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('overview'), overview: overviewSchema }),
  z.object({ type: z.literal('size'), size: z.int() }),
  z.object({ type: z.literal('estimate'), estimate: estimateSchema }),
  /** The number of a run, whose state is in the database. */
  z.object({ type: z.literal('run'), id: z.int() }),
  z.object({ type: z.literal('done'), hadEffect: z.boolean() }),
  z.object({
    type: z.literal('refused'),
    code: z.enum(['conflict', 'upstreamFailed', 'notFound']),
    message: z.string().max(1_000),
  }),
]);
/** What an engine answers. */
export type AtlasResponse = z.infer<typeof responseSchema>;

/** Asks the engine that owns a source, by the address of the source, about its atlas. */
export const atlasService: Service<AtlasRequest, AtlasResponse> = {
  name: 'atlas',
  request: requestSchema,
  response: responseSchema,
  mostBytes: 16 * 1_024,
};
