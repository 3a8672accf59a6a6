import { z } from 'zod';

/** Maximum number of probes in one measurement. */
export const MOST_PROBES = 1_000;
/** Maximum number of concurrent measurements of one account. */
export const MOST_CONCURRENT = 100;

/** A traceroute measurement to create; the API's defaults apply to its other fields. */
export interface TracerouteDefinition {
  readonly target: string;
  readonly description: string;
  readonly protocol: 'ICMP' | 'UDP' | 'TCP';
  /** Packets for each hop, 1 to 16. */
  readonly packets: number;
  /** Number of Paris flows that a probe cycles through, 0 to 64; with 1 it always uses the same flow. */
  readonly paris: number;
  readonly maxHops: number;
  readonly tags: readonly string[];
  readonly isPublic: boolean;
}

/** The probes of a measurement: by identifier, or `requested` probes of an area. */
export type ProbeSelection =
  | { readonly type: 'probes'; readonly ids: readonly number[] }
  | { readonly type: 'area' | 'country' | 'prefix' | 'asn'; readonly value: string; readonly requested: number };

/** Returns the body of the request that creates a one-off traceroute. */
export function creationBody(definition: TracerouteDefinition, probes: readonly ProbeSelection[]): unknown {
  const { target, description, protocol, packets, paris, maxHops, tags, isPublic } = definition;
  return {
    definitions: [
      {
        type: 'traceroute',
        af: 4,
        target,
        description,
        protocol,
        packets,
        paris,
        max_hops: maxHops,
        skip_dns_check: true,
        is_public: isPublic,
        tags,
      },
    ],
    probes: probes.map((selection) =>
      selection.type === 'probes'
        ? { type: 'probes', value: selection.ids.join(','), requested: selection.ids.length }
        : selection,
    ),
    is_oneoff: true,
  };
}

/** The answer to the creation of measurements: their identifiers. */
export const createdSchema = z.object({ measurements: z.array(z.int()).min(1) });

/** The states of a measurement by the number of the API. The states from `stopped` on are final. */
const MEASUREMENT_STATES = {
  0: 'specified',
  1: 'scheduled',
  2: 'ongoing',
  4: 'stopped',
  5: 'forcedToStop',
  6: 'noSuitableProbes',
  7: 'failed',
  8: 'denied',
  9: 'canceled',
} as const;
/** A measurement as the API describes it. */
export type MeasurementState = (typeof MEASUREMENT_STATES)[keyof typeof MEASUREMENT_STATES];

/** Whether a measurement in this state is final: no more results follow. */
export const isTerminal = (state: MeasurementState): boolean =>
  state !== 'specified' && state !== 'scheduled' && state !== 'ongoing';

const stateSchema = z.object({ id: z.int() }).transform(({ id }, context): MeasurementState => {
  const state = Object.entries(MEASUREMENT_STATES).find(([number]) => Number(number) === id)?.[1];
  if (state !== undefined) return state;
  context.addIssue({ code: 'custom', message: `unknown status ${id}` });
  return z.NEVER;
});

/** A measurement in an answer of the API; other fields are ignored. */
export const measurementSchema = z
  .object({
    id: z.int(),
    type: z.string(),
    target: z.string().nullable().default(null),
    description: z.string().nullable().default(null),
    status: stateSchema,
    is_oneoff: z.boolean().default(false),
    probes_requested: z.int().nullable().default(null),
    probes_scheduled: z.int().nullable().default(null),
    participant_count: z.int().nullable().default(null),
    credits_per_result: z.number().nullable().default(null),
    tags: z.array(z.string()).default([]),
  })
  .transform((raw) => ({
    id: raw.id,
    type: raw.type,
    target: raw.target,
    description: raw.description,
    state: raw.status,
    isOneOff: raw.is_oneoff,
    probesRequested: raw.probes_requested,
    probesScheduled: raw.probes_scheduled,
    participants: raw.participant_count,
    creditsPerResult: raw.credits_per_result,
    tags: raw.tags,
  }));
export type Measurement = z.infer<typeof measurementSchema>;

/** A page of a list; `next` is the URL of the following page. */
export const pageSchema = z.object({
  count: z.int().nullable().optional(),
  next: z.string().nullable().default(null),
  results: z.array(z.unknown()),
});
