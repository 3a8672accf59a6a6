import { parseIpv4 } from '@revtr/net';
import type { MeasurementRow } from '@revtr/storage';
import { z } from 'zod';
import type { AddressFacts } from '../facts/address-facts.ts';
import { toPublicFailReason } from '../measurements/path-failures.ts';
import { hopSchema, readStoredResult, resultSchema, type StoredResult } from '../measurements/stored-result.ts';
import { visibleText } from './visible-text.ts';

/**
 * What a published hop tells: where the path passes, and how much that is to be believed. Evidence is left out, because it names vantage
 * points and hosts of other people.
 */
const publicHopSchema = hopSchema
  .pick({
    address: true,
    technique: true,
    trust: true,
    confidence: true,
    asn: true,
    hiddenNetwork: true,
    rttMs: true,
    reusedAgeMs: true,
    alternatives: true,
    divergence: true,
  })
  .extend({ name: z.string().optional().describe('Reverse DNS'), asName: z.string().optional() });

/** A published result. User, key, label, batch, attempts, evidence and forward path are left out. */
export const publicResultSchema = z.object({
  source: z.string(),
  destination: z.string(),
  publishedAt: z.iso.datetime(),
  result: resultSchema
    .pick({
      stopReason: true,
      startedAt: true,
      endedAt: true,
      confidence: true,
      measuredThrough: true,
      reused: true,
      stats: true,
    })
    .extend({
      failReason: z.object({ code: z.string(), message: z.string(), hop: z.string() }).optional(),
      hops: z.array(publicHopSchema),
    }),
});
z.globalRegistry.add(publicResultSchema, { id: 'PublicResult' });

/** A published result. Texts of others have visible control characters. */
export type PublicResult = z.infer<typeof publicResultSchema>;
/** A hop of a published result. */
export type PublicHop = PublicResult['result']['hops'][number];

/** What everybody may know of a measurement that has ended. @throws {z.ZodError} when the stored result is not what the controller writes */
export async function toPublicResult(
  { source, destination, result: json, published_at }: MeasurementRow & { readonly published_at: Date },
  facts: AddressFacts,
): Promise<PublicResult> {
  const { stopReason, startedAt, endedAt, confidence, measuredThrough, reused, stats, failReason, hops } =
    readStoredResult(json);
  return {
    source,
    destination,
    publishedAt: published_at.toISOString(),
    result: {
      stopReason,
      startedAt,
      endedAt,
      ...(confidence !== undefined && { confidence }),
      ...(measuredThrough && { measuredThrough }),
      ...(reused && { reused }),
      stats,
      ...(failReason && { failReason: toPublicFailReason(failReason) }),
      hops: await Promise.all(hops.map((hop) => toPublicHop(hop, facts))),
    },
  };
}

async function toPublicHop(hop: StoredResult['hops'][number], facts: AddressFacts): Promise<PublicHop> {
  const { address, technique, trust, confidence, asn, hiddenNetwork, rttMs, reusedAgeMs, alternatives, divergence } =
    hop;
  const name = await facts.nameOf(parseIpv4(address));
  const asName = asn === undefined ? undefined : facts.asName(asn);
  return {
    address,
    technique,
    trust,
    confidence,
    ...(asn !== undefined && { asn }),
    ...(asName !== undefined && { asName: visibleText(asName) }),
    ...(hiddenNetwork && { hiddenNetwork }),
    ...(name !== undefined && { name: visibleText(name) }),
    ...(rttMs !== undefined && { rttMs }),
    ...(reusedAgeMs !== undefined && { reusedAgeMs }),
    ...(alternatives && { alternatives }),
    ...(divergence && { divergence }),
  };
}
