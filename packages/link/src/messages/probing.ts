import { z } from 'zod';

/** IPv4 address as an unsigned 32-bit number. */
export const addressSchema = z.int().min(0).max(0xffffffff);
const word = z.int().min(0).max(0xffff);
const byte = z.int().min(0).max(255);
/** Deepest MPLS label stack (RFC 4950) that is reported. */
const MOST_LABELS = 8;

/** How long to wait for a reply, milliseconds: at most 10 minutes. */
export const timeoutSchema = z.number().positive().max(600_000);

const echoOptionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('recordRoute'), slots: z.int().min(1).max(9) }),
  z.strictObject({
    type: z.literal('timestamp'),
    form: z.enum(['timestampOnly', 'withAddress', 'prespecified']),
    slots: z.union([z.int().min(1).max(9), z.array(addressSchema).min(1).max(4).readonly()]),
  }),
]);

/** A ping that carries the sender's own address as its source. */
export const pingSchema = z.strictObject({
  type: z.literal('ping'),
  sender: addressSchema,
  target: addressSchema,
  option: echoOptionSchema.optional(),
  ttl: byte.optional(),
  timeoutMs: timeoutSchema,
});

/** A Paris traceroute. */
export const tracerouteSchema = z.strictObject({
  type: z.literal('traceroute'),
  sender: addressSchema,
  target: addressSchema,
  firstHop: byte.optional(),
  maxHops: byte.optional(),
  attempts: byte.optional(),
  gapLimit: byte.optional(),
  timeoutMs: timeoutSchema,
  flow: word.optional(),
});

/** What identifies a spoofed probe in its reply: ICMP identifier, sequence number and a random token in hexadecimal. */
export const markSchema = z.strictObject({
  identifier: word,
  sequence: word,
  token: z.string().regex(/^([0-9a-f]{2}){4,32}$/),
});

/** The reply to a ping. */
export const replySchema = z.strictObject({
  from: addressSchema,
  icmpType: byte,
  icmpCode: byte,
  rttMs: z.number().nonnegative(),
  ttl: byte,
  recordRoute: z.array(addressSchema).max(9).readonly().optional(),
  timestamps: z
    .array(z.strictObject({ address: addressSchema.optional(), milliseconds: z.number().optional() }))
    .max(9)
    .readonly()
    .optional(),
});

/** The reply to a ping, when one arrived in time. */
export const pingOutcomeSchema = z.strictObject({
  kind: z.literal('ping'),
  sentAt: z.number(),
  reply: replySchema.optional(),
});

/** The hops of a traceroute. */
export const tracerouteOutcomeSchema = z.strictObject({
  kind: z.literal('traceroute'),
  startedAt: z.number(),
  endedAt: z.number(),
  stop: z.enum(['completed', 'unreachable', 'gapLimit', 'hopLimit', 'loop']),
  hops: z
    .array(
      z.strictObject({
        ttl: byte,
        from: addressSchema.optional(),
        rttMs: z.number().nonnegative().optional(),
        labels: z
          .array(
            z.strictObject({
              label: z.number(),
              trafficClass: z.number(),
              bottomOfStack: z.boolean(),
              ttl: z.number(),
            }),
          )
          .max(MOST_LABELS)
          .readonly()
          .optional(),
      }),
    )
    .max(255)
    .readonly(),
  probesSent: z.int().nonnegative(),
});
