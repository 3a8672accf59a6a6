import { formatIpv4 } from '@revtr/net';
import { type AgentTest, type Application, SOURCE_VISIBILITIES } from '@revtr/storage';
import { z } from 'zod';
import type { RegisteredAgent } from '../../agents/directory.ts';
import { reportSchema } from '../../agents/report.ts';

export const agentSchema = z.object({
  address: z.string(),
  kind: z.enum(['source', 'vantagePoint']),
  hostname: z.string(),
  site: z.string(),
  state: z.enum(['expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn']),
  connected: z.boolean(),
  legacy: z.boolean().describe('Whether the operator allows the agent of revtr 2.0 at this address, and no other one'),
  canSpoof: z.boolean().describe('Whether its last tests have shown that its spoofed probes arrive'),
  lastConnectedAt: z.iso.datetime().optional(),
  lastTestedAt: z.iso.datetime().optional(),
  quarantine: z
    .object({
      until: z.iso.datetime().optional().describe('When it is tested again; missing if an operator must end it'),
      by: z.enum(['system', 'operator']).describe('`operator`: only an operator can end it'),
      reason: z.string(),
      level: z.int(),
    })
    .optional(),
  visibility: z.enum(SOURCE_VISIBILITIES).optional().describe('Who may measure to a source'),
});
z.globalRegistry.add(agentSchema, { id: 'Agent' });

const testSchema = z.object({
  testedAt: z.iso.datetime(),
  cause: z.string().describe('connected, periodic, released or asked'),
  report: reportSchema,
});

const atlasSchema = z.object({
  traceroutes: z.int(),
  state: z.enum(['none', 'running', 'done', 'failed', 'cancelled']),
  reason: z.string().optional(),
});

/** An agent with what its tests have shown, newest first. */
export const agentDetailsSchema = agentSchema.extend({ atlas: atlasSchema, tests: z.array(testSchema) });
z.globalRegistry.add(agentDetailsSchema, { id: 'AgentDetails' });

export const stateSchema = z
  .enum(['unverified', 'pending', 'approved', 'refused'])
  .describe('`unverified`: the applicant has not opened the mailed link yet');

export const applicationSchema = z.object({
  id: z.int(),
  address: z.string(),
  hosting: z.string(),
  name: z.string(),
  email: z.string(),
  reason: z.string(),
  state: stateSchema,
  hasAccount: z.boolean().describe('Whether a user with an API key applied, or an operator for a user'),
  note: z.string(),
  createdAt: z.iso.datetime(),
});
z.globalRegistry.add(applicationSchema, { id: 'Application' });

/** Writes an agent. */
export function toAgent(agent: RegisteredAgent, connected: boolean): z.infer<typeof agentSchema> {
  const { quarantined_until: until, quarantine_reason: reason, quarantine_level: level } = agent;
  return {
    address: formatIpv4(agent.address),
    kind: agent.kind,
    hostname: agent.hostname,
    site: agent.site,
    state: agent.state,
    connected,
    legacy: agent.legacy,
    canSpoof: agent.can_spoof,
    ...(agent.last_connected_at && { lastConnectedAt: agent.last_connected_at.toISOString() }),
    ...(agent.last_tested_at && { lastTestedAt: agent.last_tested_at.toISOString() }),
    ...(agent.state === 'quarantined' && {
      quarantine: {
        ...(until !== null && { until: until.toISOString() }),
        by: agent.quarantined_by ?? 'system',
        reason: reason ?? '',
        level,
      },
    }),
    ...(agent.kind === 'source' && { visibility: agent.visibility }),
  };
}

export const toTest = ({ tested_at, cause, report }: AgentTest): z.infer<typeof testSchema> => ({
  testedAt: tested_at.toISOString(),
  cause,
  report: reportSchema.parse(report),
});

export function toApplication(application: Application): z.infer<typeof applicationSchema> {
  const { id, address, hosting, name, email, reason, state, note, user_id } = application;
  const hasAccount = user_id !== null;
  const createdAt = application.created_at.toISOString();
  return { id, address, hosting, name, email, reason, state, hasAccount, note, createdAt };
}
