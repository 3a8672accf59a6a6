import type { Generated, Selectable, Updateable } from 'kysely';
import type { CreatedAt, Json, WithDefault } from './columns.ts';

/** The states of an agent; the controller owns the transitions between them. */
export const AGENT_STATES = ['expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn'] as const;
/** The state of an agent: one of {@link AGENT_STATES}. */
export type AgentState = (typeof AGENT_STATES)[number];

/** Who may measure to a source, beside its owner and operators. */
export const SOURCE_VISIBILITIES = ['private', 'shared', 'public'] as const;
/** Who may measure to a source: one of {@link SOURCE_VISIBILITIES}. */
export type SourceVisibility = (typeof SOURCE_VISIBILITIES)[number];

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
  /** Who imposed the quarantine: failed tests (`system`), or an operator, who alone can lift it. */
  readonly quarantined_by: WithDefault<'system' | 'operator' | null>;
  /** Who may measure to a source, beside its owner and operators: nobody, the users it is shared with, or everybody. */
  readonly visibility: WithDefault<SourceVisibility>;
  /** Whether the operator allows the agent of revtr 2.0 at this address, and no other one. */
  readonly legacy: WithDefault<boolean>;
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
  /** `unverified`: the applicant has not shown yet that the e-mail address is theirs; nobody decides about it. */
  readonly state: 'unverified' | 'pending' | 'approved' | 'refused';
  /** The account that applied; null when the applicant has none. */
  readonly user_id: number | null;
  readonly note: WithDefault<string>;
  readonly created_at: CreatedAt;
  readonly decided_at: Date | null;
  /** Id of the operator who decided. */
  readonly decided_by: number | null;
}

/** A user with whom a source of visibility `shared` is shared. */
export interface SourceShareTable {
  /** Dotted quad. */
  readonly address: string;
  /** In lower case. It may be the address of a future user. */
  readonly email: string;
}

/** An agent as stored. */
export type Agent = Selectable<AgentTable>;
/** What a new agent is stored with. The address is a dotted quad. */
export type NewAgent = Pick<Agent, 'address' | 'kind' | 'hostname' | 'site' | 'user_id' | 'state'>;
/** The columns of an agent that change; columns that are absent keep their values. */
export type AgentChange = Updateable<AgentTable>;
/** A test of an agent as stored. */
export type AgentTest = Selectable<AgentTestTable>;
/** An application as stored. */
export type Application = Selectable<ApplicationTable>;
