import type { Hop, Measurement } from '@revtr/client';
import { reusedSentence, standInSentence } from '@revtr/client/wording';
import { z } from 'zod';
import { FOREIGN, visible } from './foreign-text.ts';

/** Most hops of a path in an answer. */
export const MOST_HOPS = 64;

export const measurementIdSchema = z.int().min(1).describe('Number of a measurement');

/** A measurement without its hops. */
export const summarySchema = z.object({
  measurement: measurementIdSchema,
  source: z.string().describe('IPv4 address to which the path leads'),
  destination: z.string().describe('IPv4 address from which the path leads back'),
  state: z.enum(['queued', 'running', 'done']),
  measuredAt: z.string().optional().describe('When the measurement started, ISO 8601, UTC'),
  stopReason: z
    .string()
    .optional()
    .describe(
      'reaches: the path is complete; failed: it is not; trivial: destination and source are the same; cancelled',
    ),
  confidence: z.number().optional().describe('Probability that every hop is right, 0 to 1'),
  networks: z
    .array(z.int())
    .optional()
    .describe('AS numbers in the order of the path, from the destination to the source'),
  failure: z.string().optional().describe('Why the path is not complete'),
  note: z.string().optional().describe('What a reader must know about the whole path'),
  untrusted: z.object({ label: z.string() }).optional().describe(FOREIGN),
});

/** A hop as tools show it. */
export const hopSchema = z.object({
  address: z.string(),
  asn: z.int().optional().describe('Network that operates the router'),
  technique: z.string().describe('How the hop was found'),
  trust: z.enum(['measured', 'inferred', 'assumed']),
  confidence: z.number().describe('Probability that the router is on the path, 0 to 1'),
  rttMs: z.number().optional().describe('Round-trip time from the source, milliseconds'),
  untrusted: z.object({ name: z.string(), network: z.string() }).partial().optional().describe(FOREIGN),
});

/** What is known of a measurement as a whole. */
export function summaryOf({
  id,
  source,
  destination,
  label,
  state,
  result,
}: Measurement): z.infer<typeof summarySchema> {
  const { confidence, failReason, measuredThrough, reused } = result ?? {};
  const notes = [
    measuredThrough && standInSentence(measuredThrough),
    reused && reusedSentence(reused, { isProbed: true }),
  ].filter((note) => note !== undefined);
  return {
    ...{ measurement: id, source, destination, state },
    ...(result !== undefined && {
      measuredAt: new Date(result.startedAt).toISOString(),
      stopReason: result.stopReason,
      networks: networksOf(result.hops),
    }),
    ...(confidence !== undefined && { confidence }),
    ...(failReason !== undefined && { failure: visible(`${failReason.code}: ${failReason.message}`, 300) }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
    ...(label !== '' && { untrusted: { label: visible(label) } }),
  };
}

/** A hop with the text of others set apart. */
export function hopOf({
  address,
  asn,
  technique,
  trust,
  confidence,
  rttMs,
  name,
  asName,
}: Hop): z.infer<typeof hopSchema> {
  const untrusted = {
    ...(name !== undefined && { name: visible(name) }),
    ...(asName !== undefined && { network: visible(asName) }),
  };
  return {
    ...{ address, technique, trust, confidence },
    ...(asn !== undefined && { asn }),
    ...(rttMs !== undefined && { rttMs: Math.round(10 * rttMs) / 10 }),
    ...(Object.keys(untrusted).length > 0 && { untrusted }),
  };
}

/** The networks that hops pass, each once for consecutive hops. Hops without a network are left out. */
export function networksOf(hops: readonly { readonly asn?: number | undefined }[]): number[] {
  const networks: number[] = [];
  for (const { asn } of hops) if (asn !== undefined && asn !== networks.at(-1)) networks.push(asn);
  return networks;
}
