import type { Service, Topic } from '@revtr/bus';
import {
  addressSchema,
  grantlessWorkSchemas,
  healthSchema,
  markSchema,
  measurementSchema,
  outcomeSchema,
  pingSchema,
  profileShape,
  replySchema,
} from '@revtr/link';
import { traceparentSchema } from '@revtr/tracing';
import { z } from 'zod';

/** What the other processes know of an agent. */
const agentViewSchema = z.object({
  address: addressSchema,
  /** Whether the agent is connected and may be used; one that is not may resume its session. */
  isConnected: z.boolean(),
  /** When its session began, milliseconds since the Unix epoch: of two gateways, the later one has the agent. */
  joinedAt: z.number(),
  health: healthSchema.optional(),
  profile: z.object(profileShape),
});
/** What the other processes know of an agent. */
export type AgentView = z.infer<typeof agentViewSchema>;

/** A gateway has an agent, or what is known of it has changed; without a view, the gateway does not have it any more. */
const agentNewsSchema = z.object({
  gateway: z.string().max(64),
  /** Grows with each change at the gateway. */
  version: z.int().nonnegative(),
  address: addressSchema,
  view: agentViewSchema.optional(),
});
export type AgentNews = z.infer<typeof agentNewsSchema>;

const AGENT_BYTES = 128 * 1_024;

/** Tells which gateway has which agents. */
export const agentsTopic: Topic<AgentNews> = { name: 'agents', schema: agentNewsSchema, mostBytes: AGENT_BYTES };

const listRequestSchema = z.object({ /** Agents with higher addresses than this one. */ after: z.int().min(-1) });
const listSchema = z.object({
  version: z.int().nonnegative(),
  views: z.array(agentViewSchema),
  /** Whether there are agents with higher addresses. */
  hasMore: z.boolean(),
  /** PEM of the certificate that agents need. */
  rootCertificate: z.string().max(16_384),
});
/** Asks a gateway, by its id, for all its agents, a page at a time. */
export const agentListService: Service<z.infer<typeof listRequestSchema>, z.infer<typeof listSchema>> = {
  name: 'agents',
  request: listRequestSchema,
  response: listSchema,
  mostBytes: 512 * 1_024,
};

const spoofSchema = z.object({ claimedSource: addressSchema, receiver: addressSchema });
const taskSchema = z.discriminatedUnion('kind', [
  ...grantlessWorkSchemas,
  z.object({
    kind: z.literal('emit'),
    request: pingSchema,
    spoof: spoofSchema,
    mark: markSchema,
    measurement: measurementSchema.optional().transform((value) => value),
  }),
]);
const taskRequestSchema = z.object({
  task: taskSchema,
  /** How long the agent may take, milliseconds. */
  timeoutMs: z.number().positive().max(600_000),
  isListening: z.boolean(),
  /** Context of the span of the engine. Older gateways ignore it. */
  trace: traceparentSchema,
});
export type TaskRequest = z.infer<typeof taskRequestSchema>;
/** A reply that an agent of revtr 2.0 has reported, see `AgentOutcome`. */
const reportedSchema = z.object({ kind: z.literal('reported'), reply: replySchema.omit({ rttMs: true }) });
const taskResponseSchema = z.union([
  z.object({ outcome: z.union([outcomeSchema, reportedSchema]) }),
  /** The gateway did not give the task to the agent, or the agent left before it had an outcome. */
  z.object({
    refused: z.object({
      code: z.enum(['proberStopped', 'spoofingRefused', 'invalidRequest']),
      /** The agent is not connected any more. */
      isUnreachable: z.boolean().exactOptional(),
      message: z.string().max(1_000),
    }),
  }),
]);
export type TaskResponse = z.infer<typeof taskResponseSchema>;

/** Runs tasks on an agent. Its name is that of {@link agentName}. */
export const taskService: Service<TaskRequest, TaskResponse> = {
  name: 'tasks',
  request: taskRequestSchema,
  response: taskResponseSchema,
  mostBytes: AGENT_BYTES,
};

/** The name under which a gateway serves one of its agents. */
export const agentName = (gateway: string, agent: number): string => `${gateway}-${agent}`;
