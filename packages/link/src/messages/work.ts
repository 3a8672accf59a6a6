import { z } from 'zod';
import { MOST_FAILURE_CHARACTERS } from './limits.ts';
import {
  addressSchema,
  markSchema,
  pingOutcomeSchema,
  pingSchema,
  timeoutSchema,
  tracerouteOutcomeSchema,
  tracerouteSchema,
} from './probing.ts';

/** Number of a piece of work, unique within a session. */
export const idSchema = z.int().nonnegative();

/** The measurement that a packet belongs to, for the audit. */
export const measurementSchema = z.union([z.int().nonnegative(), z.string().max(64)]);

/** Work that needs no grant. */
export const grantlessWorkSchemas = [
  z.strictObject({ kind: z.literal('ping'), request: pingSchema, measurement: measurementSchema.optional() }),
  z.strictObject({
    kind: z.literal('traceroute'),
    request: tracerouteSchema,
    measurement: measurementSchema.optional(),
  }),
  /** Report the reply to a spoofed probe that another agent sends. */
  z.strictObject({ kind: z.literal('catch'), target: addressSchema, mark: markSchema, timeoutMs: timeoutSchema }),
] as const;

/** One thing that the controller asks an agent to do. */
export const workSchema = z.discriminatedUnion('kind', [
  ...grantlessWorkSchemas,
  /** Emit the spoofed probe that the grant allows. */
  z.strictObject({ kind: z.literal('emit'), grant: z.string().max(4_096) }),
]);
/** One thing that the controller asks an agent to do. */
export type Work = z.infer<typeof workSchema>;

/** The result of a piece of work. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  pingOutcomeSchema,
  tracerouteOutcomeSchema,
  z.strictObject({ kind: z.literal('emit') }),
  /** The packet as the agent captured it, base64; the controller judges it. Absent when none arrived in time. */
  z.strictObject({ kind: z.literal('catch'), packet: z.base64().max(4_096).optional() }),
  z.strictObject({
    kind: z.literal('failed'),
    code: z.enum(['invalidRequest', 'spoofingRefused', 'targetRefused', 'targetBudget', 'proberStopped']),
    message: z.string().max(MOST_FAILURE_CHARACTERS),
    /** With `targetBudget`: when the target may be probed again, milliseconds from now. */
    retryAfterMs: z.number().nonnegative().optional(),
  }),
]);
/** The result of a piece of work. */
export type Outcome = z.infer<typeof outcomeSchema>;
