import { asPathOfNumbers } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import type { MeasurementOutline, MeasurementRow } from '@revtr/storage';
import { z } from 'zod';
import type { AddressFacts } from '../../facts/address-facts.ts';
import { reasonOf } from '../../measurements/reason.ts';
import {
  forwardSchema,
  hopSchema,
  readStoredResult,
  resultSchema,
  type StoredResult,
  trustSchema,
} from '../../measurements/stored-result.ts';

const nameParts = { name: z.string().optional().describe('Reverse DNS'), asName: z.string().optional() };
const namedHopSchema = hopSchema.extend({
  ...nameParts,
  reason: z.string().describe('Why the hop is believed, for people'),
});

const namedForwardSchema = forwardSchema.extend({
  hops: z.array(
    forwardSchema.shape.hops.element.extend({
      asn: z.int().optional().describe('Network that announces the address'),
      ...nameParts,
    }),
  ),
});

const stateSchema = z.enum(['queued', 'running', 'done']);

/** A measurement with everything that is known about it. */
export const measurementSchema = z.object({
  id: z.int(),
  batchId: z.int(),
  source: z.string(),
  destination: z.string(),
  label: z.string(),
  state: stateSchema,
  createdAt: z.iso.datetime(),
  result: resultSchema.extend({ hops: z.array(namedHopSchema), forward: namedForwardSchema.optional() }).optional(),
});
z.globalRegistry.add(measurementSchema, { id: 'Measurement' });

/** What a table of many measurements shows of each. */
export const outlineSchema = z.object({
  id: z.int(),
  source: z.string(),
  destination: z.string(),
  label: z.string(),
  state: stateSchema,
  stopReason: z.string().optional(),
  failCode: z.string().optional(),
  confidence: z.number().min(0).max(1).optional().describe('Probability that every hop is right'),
  durationMs: z.number().optional(),
  hops: z.int().optional(),
  networks: z.array(z.int()).optional().describe('AS numbers that the path passes, from the destination to the source'),
  leastTrust: trustSchema.optional().describe('Trust of the least trusted hop'),
});
z.globalRegistry.add(outlineSchema, { id: 'MeasurementOutline' });

const asnsSchema = z.array(z.int());
const trustsSchema = z.array(trustSchema);

/** Writes an outline. @throws {z.ZodError} when the stored result is not what the controller writes */
export function toOutline(row: MeasurementOutline): z.infer<typeof outlineSchema> {
  const { id, source, destination, label, state, stop_reason, fail_code, confidence, duration_ms, hops } = row;
  const common = { id, source, destination, label, state };
  if (stop_reason === null || hops === null) return common;
  const trusts = new Set(trustsSchema.parse(row.trusts));
  const leastTrust = trustSchema.options.findLast((trust) => trusts.has(trust));
  return {
    ...common,
    stopReason: stop_reason,
    hops,
    networks: asPathOfNumbers(asnsSchema.parse(row.asns)),
    ...(leastTrust !== undefined && { leastTrust }),
    ...(fail_code !== null && { failCode: fail_code }),
    ...(confidence !== null && { confidence }),
    ...(duration_ms !== null && { durationMs: duration_ms }),
  };
}

export const batchSchema = z.object({
  id: z.int(),
  total: z.int(),
  done: z.int(),
  measurements: z.array(measurementSchema),
});
z.globalRegistry.add(batchSchema, { id: 'Batch' });

export type Measurement = z.infer<typeof measurementSchema>;

/** Writes a measurement with names and networks of its hops. */
export async function toMeasurement(row: MeasurementRow, facts: AddressFacts): Promise<Measurement> {
  const common = {
    id: row.id,
    batchId: row.batch_id,
    source: row.source,
    destination: row.destination,
    label: row.label,
    state: row.state,
    createdAt: row.created_at.toISOString(),
  };
  if (row.state !== 'done') return common;
  const result = readStoredResult(row.result);
  const { forward, ...rest } = result;
  const hops = await Promise.all(
    result.hops.map(async (hop) => ({
      ...hop,
      reason: reasonOf(hop, result.startedAt),
      ...(await namesOf(hop.address, hop.asn, facts)),
    })),
  );
  return { ...common, result: { ...rest, hops, ...(forward && { forward: await withNames(forward, facts) }) } };
}

/** Adds the networks and names of the hops of a forward path. */
async function withNames(
  forward: NonNullable<StoredResult['forward']>,
  facts: AddressFacts,
): Promise<z.infer<typeof namedForwardSchema>> {
  const hops = await Promise.all(
    forward.hops.map(async (hop) => {
      if (hop.address === undefined) return hop;
      const asn = facts.ipToAs.originOf(parseIpv4(hop.address));
      return { ...hop, ...(asn !== undefined && { asn }), ...(await namesOf(hop.address, asn, facts)) };
    }),
  );
  return { ...forward, hops };
}

async function namesOf(
  address: string,
  asn: number | undefined,
  facts: AddressFacts,
): Promise<{ readonly name?: string; readonly asName?: string }> {
  const name = await facts.nameOf(parseIpv4(address));
  const asName = asn === undefined ? undefined : facts.asName(asn);
  return { ...(name !== undefined && { name }), ...(asName !== undefined && { asName }) };
}
