import { formatIpv4 } from '@revtr/net';
import type { AgentTest, Application } from '@revtr/storage';
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
  canSpoof: z.boolean().describe('Whether its last tests have shown that its spoofed probes arrive'),
  lastConnectedAt: z.iso.datetime().optional(),
  lastTestedAt: z.iso.datetime().optional(),
  quarantine: z.object({ until: z.iso.datetime(), reason: z.string(), level: z.int() }).optional(),
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

export const applicationSchema = z.object({
  id: z.int(),
  address: z.string(),
  hosting: z.string(),
  name: z.string(),
  email: z.string(),
  reason: z.string(),
  state: z.enum(['pending', 'approved', 'refused']),
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
    canSpoof: agent.can_spoof,
    ...(agent.last_connected_at && { lastConnectedAt: agent.last_connected_at.toISOString() }),
    ...(agent.last_tested_at && { lastTestedAt: agent.last_tested_at.toISOString() }),
    ...(agent.state === 'quarantined' &&
      until !== null && { quarantine: { until: until.toISOString(), reason: reason ?? '', level } }),
  };
}

export const toTest = ({ tested_at, cause, report }: AgentTest): z.infer<typeof testSchema> => ({
  testedAt: tested_at.toISOString(),
  cause,
  report: reportSchema.parse(report),
});

export function toApplication(application: Application): z.infer<typeof applicationSchema> {
  const { id, address, hosting, name, email, reason, state, note } = application;
  return { id, address, hosting, name, email, reason, state, note, createdAt: application.created_at.toISOString() };
}
