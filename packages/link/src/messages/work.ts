import { z } from 'zod';
import {
  addressSchema,
  markSchema,
  pingOutcomeSchema,
  pingSchema,
  tracerouteOutcomeSchema,
  tracerouteSchema,
} from './probing.ts';

/** One thing that an agent is asked to do. */
export const workSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ping'), request: pingSchema }),
  z.strictObject({ kind: z.literal('traceroute'), request: tracerouteSchema }),
  /** Emit the spoofed probe that a grant allows, and only that. */
  z.strictObject({ kind: z.literal('emit'), grant: z.string().max(4_096) }),
  /** Report the reply to a spoofed probe that another agent sends. */
  z.strictObject({
    kind: z.literal('catch'),
    target: addressSchema,
    mark: markSchema,
    timeoutMs: z.number().positive(),
  }),
]);
export type Work = z.infer<typeof workSchema>;

/** What became of a piece of work. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  pingOutcomeSchema,
  tracerouteOutcomeSchema,
  z.strictObject({ kind: z.literal('emit') }),
  /** The packet as it was caught, base64: whoever asked judges it. Absent when none came in time. */
  z.strictObject({ kind: z.literal('catch'), packet: z.base64().max(4_096).optional() }),
  z.strictObject({
    kind: z.literal('failed'),
    code: z.enum(['invalidRequest', 'spoofingRefused', 'targetRefused', 'proberStopped']),
    message: z.string().max(1_000),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;
