import { z } from 'zod';
import {
  CHUNK_ENTRIES,
  MOST_BLOCKED,
  MOST_DELTA_ENTRIES,
  MOST_OPT_OUTS,
  MOST_PREFIX_CHARACTERS,
  MOST_SOURCES,
} from './limits.ts';
import { addressSchema } from './probing.ts';

/** Versions increase by one with each change; they start again when the controller restarts. */
const versionSchema = z.int().nonnegative();
const prefixText = z.string().max(MOST_PREFIX_CHARACTERS);
const digestSchema = z.string().max(64);

/** What the controller allows at all. Agents apply it to queued and running probes as well. */
const switchesSchema = z.strictObject({
  /** Whether agents may send any probe. */
  probing: z.boolean(),
  /** Whether agents may send spoofed probes. */
  spoofing: z.boolean(),
  /** Targets that agents must not probe, IPv4 prefixes in CIDR notation. */
  blockedTargets: z.array(prefixText).max(MOST_BLOCKED).readonly(),
  /** Sources that spoofed probes must not claim. */
  blockedSources: z.array(addressSchema).max(MOST_BLOCKED).readonly(),
});
/** The kill switches and blocked addresses, as the controller publishes them. */
export type Switches = z.infer<typeof switchesSchema>;

/** Everything an agent must know before it may probe: it refuses all probes until each of these has arrived. */
export const safetySchemas = [
  z.strictObject({ type: z.literal('switches'), version: versionSchema, switches: switchesSchema }),
  /** Addresses that spoofed probes may claim. */
  z.strictObject({
    type: z.literal('sources'),
    version: versionSchema,
    addresses: z.array(addressSchema).max(MOST_SOURCES).readonly(),
  }),
  /** Changes version `from` of these addresses into `version`, for agents that accept it. */
  z.strictObject({
    type: z.literal('sourcesDelta'),
    from: versionSchema,
    version: versionSchema,
    added: z.array(addressSchema).max(MOST_SOURCES).readonly(),
    removed: z.array(addressSchema).max(MOST_SOURCES).readonly(),
  }),
  /** Announces a snapshot of the opt-out list, which the agent fetches in chunks unless it has the digest already. */
  z.strictObject({
    type: z.literal('optOut'),
    version: versionSchema,
    /** Milliseconds since the Unix epoch by the controller's clock. */
    issuedAt: z.number(),
    digest: digestSchema,
    size: z.int().min(0).max(MOST_OPT_OUTS),
  }),
  z.strictObject({
    type: z.literal('optOutChunk'),
    version: versionSchema,
    index: z.int().nonnegative(),
    prefixes: z.array(prefixText).max(CHUNK_ENTRIES).readonly(),
  }),
  /** Changes version `from` into `version`; the result must have the digest. */
  z.strictObject({
    type: z.literal('optOutDelta'),
    from: versionSchema,
    version: versionSchema,
    issuedAt: z.number(),
    digest: digestSchema,
    added: z.array(prefixText).max(MOST_DELTA_ENTRIES).readonly(),
    removed: z.array(prefixText).max(MOST_DELTA_ENTRIES).readonly(),
  }),
] as const;

/** The agent's answers to {@link safetySchemas}. */
export const safetyAnswerSchemas = [
  z.strictObject({ type: z.literal('optOutRequest'), version: versionSchema, index: z.int().nonnegative() }),
  /** The agent's list does not match: the controller announces the current snapshot again. */
  z.strictObject({ type: z.literal('optOutResync') }),
  /** The agent applies this version from now on. */
  z.strictObject({
    type: z.literal('applied'),
    topic: z.enum(['switches', 'sources', 'optOut']),
    version: versionSchema,
  }),
] as const;
