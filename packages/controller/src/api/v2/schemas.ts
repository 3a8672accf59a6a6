import { parseIpv4 } from '@revtr/net';
import type { MeasurementRow } from '@revtr/storage';
import { z } from 'zod';
import type { AddressFacts } from '../../facts/address-facts.ts';
import { reasonOf } from '../../measurements/reason.ts';
import { hopSchema, readStoredResult, resultSchema } from '../../measurements/stored-result.ts';

const namedHopSchema = hopSchema.extend({
  name: z.string().optional().describe('Reverse DNS'),
  asName: z.string().optional(),
  reason: z.string().describe('Why the hop is believed, for people'),
});

/** A measurement with everything that is known about it. */
export const measurementSchema = z.object({
  id: z.int(),
  batchId: z.int(),
  source: z.string(),
  destination: z.string(),
  label: z.string(),
  state: z.enum(['queued', 'running', 'done']),
  createdAt: z.iso.datetime(),
  result: resultSchema.extend({ hops: z.array(namedHopSchema) }).optional(),
});
z.globalRegistry.add(measurementSchema, { id: 'Measurement' });

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
  const hops = await Promise.all(
    result.hops.map(async (hop) => {
      const name = await facts.nameOf(parseIpv4(hop.address));
      const asName = hop.asn === undefined ? undefined : facts.asName(hop.asn);
      const reason = reasonOf(hop, result.startedAt);
      return { ...hop, reason, ...(name !== undefined && { name }), ...(asName !== undefined && { asName }) };
    }),
  );
  return { ...common, result: { ...result, hops } };
}
