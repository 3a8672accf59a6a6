import type { ProbeRow, ProbeSet } from '@revtr/storage';
import { z } from 'zod';
import { LONGEST_ADDRESS } from '../../foundation/address-schema.ts';
import { longList } from '../../foundation/long-list.ts';
import { LONGEST_NAME } from '../../measurements/resolve-names.ts';
import {
  LONGEST_LABEL,
  MOST_COUNT,
  MOST_PRESPECIFIED,
  PROBE_TYPES,
  probeRequestSchema,
} from '../../probes/probe-request.ts';
import { probeResultSchema } from '../../probes/probe-result.ts';
import type { AskedProbe } from '../../probes/probe-submission.ts';

const addressSchema = z.string().max(LONGEST_ADDRESS);
const newProbeSchema = z.strictObject({
  from: addressSchema.describe('Address of a source that you may measure to, or of a vantage point'),
  to: z.string().max(LONGEST_NAME).describe('Address or host name'),
  as: addressSchema
    .optional()
    .describe('Source whose address the packets carry and which receives the replies; `from` must be able to spoof'),
  count: z
    .int()
    .min(1)
    .max(MOST_COUNT)
    .optional()
    .describe('Echo requests of a ping (default 1); for a traceroute, probes to a silent hop (default 2)'),
  timestamps: z
    .union([z.array(addressSchema).min(1).max(MOST_PRESPECIFIED), z.enum(['timestampOnly', 'withAddress'])])
    .optional()
    .describe(
      'For timestamp probes: the addresses that are asked to stamp, or `timestampOnly` or `withAddress` for all routers',
    ),
  label: z.string().max(LONGEST_LABEL).optional(),
});

/** The body of `POST /api/v2/probes`. */
export const newProbesSchema = z
  .strictObject({ type: z.enum(PROBE_TYPES), probes: longList(newProbeSchema) })
  .superRefine(({ type, probes }, context) => {
    for (const [i, { timestamps, count = 1 }] of probes.entries()) {
      const fault = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['probes', i, field], message });
      if ((timestamps !== undefined) !== (type === 'timestamp'))
        fault('timestamps', type === 'timestamp' ? 'is required for timestamp probes' : 'is for timestamp probes only');
      if (count > 1 && type !== 'ping' && type !== 'traceroute') fault('count', `a ${type} probe is one packet`);
    }
  });

/** The probes of a request with defaults filled in. */
export function toAskedProbes({ type, probes }: z.infer<typeof newProbesSchema>): AskedProbe[] {
  const defaultCount = type === 'traceroute' ? 2 : 1;
  return probes.map(({ count = defaultCount, label = '', ...probe }) => ({ ...probe, type, count, label }));
}

const probeSchema = z.object({
  id: z.int(),
  ...probeRequestSchema.omit({ label: true }).shape,
  label: z.string().optional(),
  state: z.enum(['queued', 'running', 'done']),
  result: probeResultSchema.optional().describe('Present when the probe is done'),
});
z.globalRegistry.add(probeSchema, { id: 'Probe' });

/** A set of probes as the API shows it. */
export const probeSetSchema = z.object({
  id: z.int(),
  createdAt: z.iso.datetime(),
  total: z.int(),
  done: z.int(),
  probes: z.array(probeSchema),
});
z.globalRegistry.add(probeSetSchema, { id: 'ProbeSet' });

export function toProbeSet(set: ProbeSet, rows: readonly ProbeRow[]): z.input<typeof probeSetSchema> {
  return {
    id: set.id,
    createdAt: set.created_at.toISOString(),
    total: set.size,
    done: rows.filter(({ state }) => state === 'done').length,
    probes: rows.map(({ id, state, request, result }) => {
      const { label, ...asked } = probeRequestSchema.parse(request);
      return {
        ...{ id, state, ...asked },
        ...(label !== '' && { label }),
        ...(state === 'done' && { result: probeResultSchema.parse(result) }),
      };
    }),
  };
}
