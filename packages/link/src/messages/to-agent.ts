import { MOST_CONTACT_CHARACTERS } from '@revtr/probing';
import { z } from 'zod';
import { MOST_BYTES_TO_AGENT, MOST_IDS } from './limits.ts';
import { checkLength, readMessage } from './read.ts';
import { safetySchemas } from './safety.ts';
import { idSchema, workSchema } from './work.ts';

/** Longest certificate chain, characters of PEM. */
const MOST_CHAIN_CHARACTERS = 8_192;
const MOST_TRACE_CHARACTERS = 64;
const ids = z.array(idSchema).max(MOST_IDS).readonly();

const toAgentSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    /** Identifier of the session. An agent that reconnects with it resumes its unfinished work. */
    session: z.string().max(100),
    /** Whether the session of the previous connection goes on. */
    resumed: z.boolean(),
    /** Milliseconds since the Unix epoch by the controller's clock, to which grants refer. */
    now: z.number(),
    /** Certificate that grants are signed with, followed by the intermediate certificate, PEM. */
    signer: z.string().max(MOST_CHAIN_CHARACTERS),
    /** Contact of the operator that probes carry, a URI (RFC 9511). */
    contact: z
      .string()
      .max(MOST_CONTACT_CHARACTERS)
      .regex(/^[\x21-\x7e]+$/)
      .optional(),
  }),
  z.strictObject({
    type: z.literal('work'),
    id: idSchema,
    work: workSchema,
    /** Context of a trace that the agent continues (a `traceparent` of W3C Trace Context), for agents that accept it. */
    trace: z.string().max(MOST_TRACE_CHARACTERS).optional(),
  }),
  z.strictObject({ type: z.literal('cancel'), ids }),
  /** The controller has these outcomes; the agent need not send them again. */
  z.strictObject({ type: z.literal('received'), ids }),
  /** Answers `renew`: the new certificate, followed by the intermediate certificate, PEM. */
  z.strictObject({ type: z.literal('certificate'), certificate: z.string().max(MOST_CHAIN_CHARACTERS) }),
  ...safetySchemas,
]);
/** A message from the controller to an agent. */
export type ToAgent = z.infer<typeof toAgentSchema>;

/** Longest message of each type, bytes; 64 KiB for types that are not listed. */
const MOST_BYTES: Partial<Record<ToAgent['type'], number>> = {
  sources: MOST_BYTES_TO_AGENT,
  sourcesDelta: MOST_BYTES_TO_AGENT,
  switches: MOST_BYTES_TO_AGENT,
  optOutChunk: 2 ** 19,
  optOutDelta: MOST_BYTES_TO_AGENT,
};
const MOST_OTHER_BYTES = 2 ** 16;

/** Reads a message to an agent. @throws {LinkError} `badMessage` for any other text */
export function readToAgent(text: string): ToAgent {
  const message = readMessage(text, toAgentSchema);
  checkLength(message.type, text, MOST_BYTES[message.type] ?? MOST_OTHER_BYTES);
  return message;
}
