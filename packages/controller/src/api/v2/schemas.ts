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

const positionSchema = z.object({
  latitude: z.number().min(-90).max(90).describe('Degrees north'),
  longitude: z.number().min(-180).max(180).describe('Degrees east'),
  city: z.string().optional(),
  country: z.string().optional().describe('ISO 3166-1, two letters'),
});
const nameParts = {
  name: z.string().optional().describe('Reverse DNS'),
  asName: z.string().optional(),
  position: positionSchema.optional().describe('Where the geolocation dataset has the address; may be wrong'),
};
const namedHopSchema = hopSchema.extend({
  ...nameParts,
  reason: z.string().describe('Why the hop is believed, for people'),
});

const namedForwardSchema = forwardSchema.extend({
  hops: z.array(
    forwardSchema.shape.hops.element.extend({
      asn: z.int().optional().describe('Network that announces the address'),
      sameRouterAs: z.string().optional().describe('Address of the same router on the reverse path, where it is known'),
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
  positionSource: z.string().optional().describe('The dataset of the positions; absent where the system has none'),
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
  startedAt: z.number().optional().describe('Milliseconds since the Unix epoch'),
  durationMs: z.number().optional(),
  hops: z.int().optional(),
  networks: z.array(z.int()).optional().describe('AS numbers that the path passes, from the destination to the source'),
  leastTrust: trustSchema.optional().describe('Trust of the least trusted hop'),
  rttMs: z.number().optional().describe('Round-trip time between source and destination'),
  routers: z.array(z.string()).optional().describe('Addresses of the hops, from the destination to the source'),
});
z.globalRegistry.add(outlineSchema, { id: 'MeasurementOutline' });

const asnsSchema = z.array(z.int());
const trustsSchema = z.array(trustSchema);
const routersSchema = z.array(z.tuple([z.string(), z.int().nullable()]));

/** The network of each router of some outlines, by address. @throws {z.ZodError} as {@link toOutline} */
export function originsOf(rows: readonly MeasurementOutline[]): Record<string, number> {
  const origins: Record<string, number> = {};
  for (const { routers } of rows)
    for (const [address, asn] of routersSchema.parse(routers ?? [])) if (asn !== null) origins[address] = asn;
  return origins;
}

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
    ...(row.started_ms !== null && { startedAt: row.started_ms }),
    ...(duration_ms !== null && { durationMs: duration_ms }),
    ...(row.rtt_ms !== null && { rttMs: row.rtt_ms }),
    ...(row.routers !== null && { routers: routersSchema.parse(row.routers).map(([address]) => address) }),
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
  const source = facts.positions?.source;
  return {
    ...common,
    ...(source !== undefined && { positionSource: source }),
    result: { ...rest, hops, ...(forward && { forward: await withNames(forward, result.hops, facts) }) },
  };
}

/** Adds the networks, names and routers of the hops of a forward path. */
async function withNames(
  forward: NonNullable<StoredResult['forward']>,
  reverse: StoredResult['hops'],
  facts: AddressFacts,
): Promise<z.infer<typeof namedForwardSchema>> {
  const hops = await Promise.all(
    forward.hops.map(async (hop) => {
      if (hop.address === undefined) return hop;
      const asn = facts.ipToAs.originOf(parseIpv4(hop.address));
      const sameRouterAs = sameRouterOn(reverse, hop.address, facts);
      return {
        ...hop,
        ...(asn !== undefined && { asn }),
        ...(sameRouterAs !== undefined && { sameRouterAs }),
        ...(await namesOf(hop.address, asn, facts)),
      };
    }),
  );
  return { ...forward, hops };
}

/** The hop of a path that is the router with an address: that with the same address, or else with one of its other addresses. */
function sameRouterOn(hops: StoredResult['hops'], address: string, { aliases }: AddressFacts): string | undefined {
  const same =
    hops.find((hop) => hop.address === address) ??
    hops.find((hop) => aliases?.sameRouter(parseIpv4(hop.address), parseIpv4(address)) === true);
  return same?.address;
}

async function namesOf(
  address: string,
  asn: number | undefined,
  facts: AddressFacts,
): Promise<Pick<z.infer<typeof namedHopSchema>, keyof typeof nameParts>> {
  const ip = parseIpv4(address);
  const name = await facts.nameOf(ip);
  const asName = asn === undefined ? undefined : facts.asName(asn);
  const position = facts.positions?.positionOf(ip);
  return {
    ...(name !== undefined && { name }),
    ...(asName !== undefined && { asName }),
    ...(position !== undefined && { position }),
  };
}
