import { z } from 'zod';
import { MOST_BYTES_TO_CONTROLLER, MOST_KNOWN, MOST_WINDOW } from './limits.ts';
import { checkLength, readMessage } from './read.ts';
import { safetyAnswerSchemas } from './safety.ts';
import { idSchema, outcomeSchema } from './work.ts';

/** Result of one test that an agent ran on its host. */
const selfTestSchema = z.strictObject({
  name: z.string().max(100),
  ok: z.boolean(),
  /** What the test found and, when it failed, what the operator can do about it. */
  message: z.string().max(1_000),
});
/** Result of one test that an agent ran on its host. */
export type SelfTest = z.infer<typeof selfTestSchema>;

/** Whether an agent measures, by the watchdog of its prober. */
export const healthSchema = z.strictObject({
  /** Whether the prober answered its last health check. */
  measures: z.boolean(),
  /** Why the agent does not measure. */
  reason: z.string().max(500).optional(),
});
/** Whether an agent measures, by the watchdog of its prober. */
export type AgentHealth = z.infer<typeof healthSchema>;

/** What an agent reports about itself when it connects, as properties of an object. */
export const profileShape = {
  software: z.string().max(100),
  /** Most probes that the controller may give the agent at once. */
  window: z.int().min(1).max(MOST_WINDOW),
  /** Whether the agent never receives spoofed replies. */
  senderOnly: z.boolean(),
  selfTests: z.array(selfTestSchema).max(50).readonly(),
};

const toControllerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    /** Session to resume. */
    session: z.string().max(100).optional(),
    /** Work of that session that is running, or has ended without an acknowledgement. */
    known: z.array(idSchema).max(MOST_KNOWN).readonly(),
    ...profileShape,
  }),
  z.strictObject({ type: z.literal('done'), id: idSchema, outcome: outcomeSchema }),
  z.strictObject({ type: z.literal('health'), health: healthSchema }),
  /** Asks for a new certificate for a new key: a request in PEM form (PKCS #10, RFC 2986). */
  z.strictObject({ type: z.literal('renew'), request: z.string().max(4_096) }),
  /** The agent has stored the certificate that it asked for: the controller may retire the previous one. */
  z.strictObject({ type: z.literal('renewed') }),
  ...safetyAnswerSchemas,
]);
/** A message from an agent to the controller. */
export type ToController = z.infer<typeof toControllerSchema>;

/** Longest message of each type, bytes; 8 KiB for types that are not listed. */
const MOST_BYTES: Partial<Record<ToController['type'], number>> = {
  hello: MOST_BYTES_TO_CONTROLLER,
  done: MOST_BYTES_TO_CONTROLLER,
};
const MOST_OTHER_BYTES = 2 ** 13;

/** Reads a message to the controller. @throws {LinkError} `badMessage` for any other text */
export function readToController(text: string): ToController {
  const message = readMessage(text, toControllerSchema);
  checkLength(message.type, text, MOST_BYTES[message.type] ?? MOST_OTHER_BYTES);
  return message;
}
