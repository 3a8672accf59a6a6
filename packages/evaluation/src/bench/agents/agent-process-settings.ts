import { z } from 'zod';

/** What a process of agents is told. */
export const agentProcessSettingsSchema = z.object({
  /** Port of the gateway on the loopback address. */
  port: z.int(),
  /** The agents: addresses of the loopback network, as numbers. */
  addresses: z.array(z.int()),
  /** Directory for the identities of the agents. */
  directory: z.string(),
  /** PEM. */
  rootCertificate: z.string(),
  /** Whether agents answer what they are asked; if not, it times out. */
  answers: z.boolean(),
});
/** What a process of agents is told. */
export type AgentProcessSettings = z.infer<typeof agentProcessSettingsSchema>;

/** What a process of agents reports whenever it changes. */
export const agentReportSchema = z.object({
  /** Agents that are connected. */
  connected: z.int(),
  /** Entries of the opt-out list of the agent that has fewest; -1 while one has no list. */
  leastOptOuts: z.int(),
});
/** What a process of agents reports. */
export type AgentReport = z.infer<typeof agentReportSchema>;
