import { formatIpv4 } from '@revtr/net';
import { z } from 'zod';
import { type JudgedHop, VERDICTS } from './judge.ts';

/** The judged hops of an audit as the database keeps them: address, kind, confidence, verdict and its reason. */
const storedHopsSchema = z
  .array(z.tuple([z.string(), z.string(), z.number(), z.enum(VERDICTS), z.string()]))
  .nullable();

/** A judged hop read from the database; the address is a dotted quad. */
export interface StoredHop {
  readonly address: string;
  readonly kind: string;
  readonly confidence: number;
  readonly verdict: JudgedHop['verdict'];
  readonly reason: string;
}

/** Writes judged hops the way the database keeps them. */
export const toStoredHops = (hops: readonly JudgedHop[]): z.infer<typeof storedHopsSchema> =>
  hops.map(({ address, kind, confidence, verdict, reason }) => [
    formatIpv4(address),
    kind,
    Math.round(confidence * 1_000) / 1_000,
    verdict,
    reason,
  ]);

/** Reads judged hops from the database. @throws {z.ZodError} when they are not what {@link toStoredHops} writes */
export const readStoredHops = (json: unknown): StoredHop[] =>
  (storedHopsSchema.parse(json) ?? []).map(([address, kind, confidence, verdict, reason]) => ({
    address,
    kind,
    confidence,
    verdict,
    reason,
  }));
