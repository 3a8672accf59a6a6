import type { Generated, Selectable, Updateable } from 'kysely';
import type { CreatedAt, Json, WithDefault } from './columns.ts';

/** The states of an agent; the controller owns the transitions between them. */
export const AGENT_STATES = ['expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn'] as const;
/** The state of an agent: one of {@link AGENT_STATES}. */
export type AgentState = (typeof AGENT_STATES)[number];

/** The agent of a source or vantage point. */
export interface AgentTable {
  /** Dotted quad. */
  readonly address: string;
  readonly kind: 'source' | 'vantagePoint';
  readonly hostname: string;
  readonly site: string;
  /** The owner; null for the operator. */
  readonly user_id: number | null;
  readonly state: AgentState;
  /** Serial number of the certificate that the agent must present; null before it has enrolled. */
  readonly certificate_serial: string | null;
  /** Port on which the agent accepts the controller's connection; null for an agent that connects to the controller. */
  readonly listening_port: number | null;
  /** Whether spoofed packets of the agent arrived in its last test. */
  readonly can_spoof: WithDefault<boolean>;
  readonly last_connected_at: Date | null;
  readonly last_tested_at: Date | null;
  /** Number of tests that failed in a row. */
  readonly quarantine_level: WithDefault<number>;
  readonly quarantined_until: Date | null;
  readonly quarantine_reason: string | null;
  readonly created_at: CreatedAt;
}

/** One test of an agent. */
export interface AgentTestTable {
  readonly id: Generated<number>;
  /** Dotted quad. */
  readonly address: string;
  readonly tested_at: Date;
  /** `connected`, `periodic`, `released` or `asked`. */
  readonly cause: string;
  readonly verdict: 'passed' | 'failed' | 'notTested';
  readonly report: Json;
}

/** An application of a person who wants to host a source. */
export interface ApplicationTable {
  readonly id: Generated<number>;
  /** Dotted quad. */
  readonly address: string;
  readonly hosting: string;
  readonly name: string;
  readonly email: string;
  readonly reason: string;
  readonly state: 'pending' | 'approved' | 'refused';
  readonly note: WithDefault<string>;
  readonly created_at: CreatedAt;
  readonly decided_at: Date | null;
  /** Id of the operator who decided. */
  readonly decided_by: number | null;
}

export type Agent = Selectable<AgentTable>;
export type NewAgent = Pick<Agent, 'address' | 'kind' | 'hostname' | 'site' | 'user_id' | 'state'>;
export type AgentChange = Updateable<AgentTable>;
export type AgentTest = Selectable<AgentTestTable>;
export type Application = Selectable<ApplicationTable>;
