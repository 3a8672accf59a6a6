import { z } from 'zod';
import { LinkError } from '../errors.ts';
import { outcomeSchema, workSchema } from './work.ts';

/** Version of the messages. Both sides must speak the same. */
export const PROTOCOL = 1;
/** Longest message, bytes. */
export const MOST_MESSAGE_BYTES = 2 ** 20;

const idSchema = z.int().nonnegative();

/** Result of one thing that an agent checked about itself. */
const selfTestSchema = z.strictObject({
  name: z.string().max(100),
  ok: z.boolean(),
  /** What was found and, when it is not good, what to do about it. */
  message: z.string().max(1_000),
});
export type SelfTest = z.infer<typeof selfTestSchema>;

/** Ranges whose holders want no probes. An agent whose list is older than a day probes nothing. */
const optOutSchema = z.strictObject({
  /** When the controller made the list, milliseconds since the Unix epoch by its own clock. */
  issuedAt: z.number(),
  prefixes: z.array(z.string().max(18)),
});
export type OptOutList = z.infer<typeof optOutSchema>;

const toAgentSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    /** Name of the session: who comes back with it goes on where the connection broke. */
    session: z.string().max(100),
    /** Whether the session goes on. */
    resumed: z.boolean(),
    /** Milliseconds since the Unix epoch by the controller's clock, which grants go by. */
    now: z.number(),
    /** Certificate that grants are signed with, PEM; valid when the root certificate signed it. */
    signer: z.string().max(8_192),
    optOut: optOutSchema,
  }),
  z.strictObject({ type: z.literal('work'), id: idSchema, work: workSchema }),
  z.strictObject({ type: z.literal('cancel'), id: idSchema }),
  /** These outcomes have arrived and need not be sent again. */
  z.strictObject({ type: z.literal('received'), ids: z.array(idSchema) }),
  z.strictObject({ type: z.literal('optOut'), optOut: optOutSchema }),
]);
export type ToAgent = z.infer<typeof toAgentSchema>;

const toControllerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    software: z.string().max(100),
    /** Session to go on with. */
    session: z.string().max(100).optional(),
    /** Work of that session that is under way, or done and not known to have arrived. */
    known: z.array(idSchema),
    /** Most probes to give it at once. */
    window: z.int().min(1).max(10_000),
    /** Whether it never receives spoofed replies. */
    senderOnly: z.boolean(),
    selfTests: z.array(selfTestSchema).max(50),
  }),
  z.strictObject({ type: z.literal('done'), id: idSchema, outcome: outcomeSchema }),
]);
export type ToController = z.infer<typeof toControllerSchema>;

/** Reads a message to an agent. @throws {LinkError} `badMessage` for any other bytes */
export const readToAgent = (text: string): ToAgent => read(text, toAgentSchema);

/** Reads a message to the controller. @throws {LinkError} `badMessage` for any other bytes */
export const readToController = (text: string): ToController => read(text, toControllerSchema);

function read<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LinkError('badMessage', 'not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new LinkError('badMessage', `${path.join('.') || 'message'}: ${message}`);
}
