import type { MeasurementOutline, MeasurementRow } from '@revtr/storage';
import { z } from 'zod';
import { readStoredResult } from '../../measurements/stored-result.ts';
import { camelCased, runRevtrSchema } from '../v1/request.ts';
import { getRevtrSchema, toRevtr } from '../v1/response.ts';

/** The field `auth` of every request, where no header carries the key. */
export const auth = z.string().max(1_000).optional().describe('Your API key, where no header carries it');

/** A message in the JSON mapping of Protocol Buffers: names in camel case, and no nulls, which mean that a field is not set. */
export function readMessage(value: unknown): unknown {
  return camelCased(withoutNulls(value));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
  );
}

/** `RunRevtrReq`. */
export const runRevtrReqSchema = runRevtrSchema.extend({
  auth,
  waitUntilFinished: z
    .boolean()
    .optional()
    .describe('Answer with the results, at the latest after five minutes with those that there are'),
});
z.globalRegistry.add(runRevtrReqSchema, { id: 'RunRevtrReq' });

const revtrSchema = getRevtrSchema.shape.revtrs.element;
const secondsText = z.string().describe('Seconds since the Unix epoch; a 64-bit number as text');

/** `ReverseTraceroute`: as in version 1, and what the messages of version 2 add. */
const reverseTracerouteSchema = revtrSchema.extend({
  startTime: secondsText.optional(),
  endTime: secondsText.optional(),
  uuid: z.string().optional().describe('As in the request'),
  forwardTracerouteId: z.string().optional().describe('As `UpdateRevtr` has set it; a 64-bit number as text'),
});
z.globalRegistry.add(reverseTracerouteSchema, { id: 'ReverseTraceroute' });

/** `RunRevtrResp`. */
export const runRevtrRespSchema = z.object({
  batchId: z.int(),
  lastInsertId: z.int().optional().describe('Id of the last measurement; present with `waitUntilFinished`'),
  revtrs: z.array(reverseTracerouteSchema).optional().describe('Present with `waitUntilFinished`'),
});
/** `GetRevtrResp`, also the answer for a label. */
export const getRevtrRespSchema = z.object({ revtrs: z.array(reverseTracerouteSchema) });

const statusSchema = revtrSchema.shape.status;
/** `GetRevtrMetaOnlyResp`. */
export const metaRespSchema = z.object({
  revtrsMeta: z.array(z.object({ status: statusSchema, src: z.string(), dst: z.string(), id: z.int() })),
});
/** `GetRevtrBatchStatusResp`. */
export const statusRespSchema = z.object({ revtrsStatus: z.array(statusSchema) });
/** `GetSourcesResp`. */
export const sourcesRespSchema = z.object({
  srcs: z.array(z.object({ hostname: z.string(), ip: z.string(), site: z.string() })),
});
/** `RunAtlasReq` and `CleanAtlasReq`. */
export const atlasReqSchema = z.strictObject({ source: z.string().describe('Address of your source'), auth });

const uuidSchema = z.object({ uuid: z.string().optional() });
const toSeconds = (ms: number): string => String(Math.floor(ms / 1000));

/** A measurement as `ReverseTraceroute`. */
export function toReverseTraceroute(row: MeasurementRow, now: Date): z.infer<typeof reverseTracerouteSchema> {
  const { uuid } = uuidSchema.parse(row.options);
  const result = row.state === 'done' ? readStoredResult(row.result) : undefined;
  return {
    ...toRevtr(row, now),
    ...(result && { startTime: toSeconds(result.startedAt), endTime: toSeconds(result.endedAt) }),
    ...(uuid !== undefined && { uuid }),
    ...(row.forward_traceroute_id !== null && { forwardTracerouteId: String(row.forward_traceroute_id) }),
  };
}

/** The status of a measurement whose result is not read. */
export function statusOf({ state, stop_reason }: MeasurementOutline): z.infer<typeof statusSchema> {
  if (state !== 'done') return 'RUNNING';
  return stop_reason === 'cancelled' ? 'CANCELED' : 'COMPLETED';
}
