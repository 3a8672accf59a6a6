import type { ColumnType, Generated, Insertable, Selectable, Updateable } from 'kysely';

type CreatedAt = ColumnType<Date, Date | undefined, never>;
/** JSON written as text and read as a value of unknown shape: whoever reads it parses it by a schema. */
type Json = ColumnType<unknown, string | null, string | null>;

interface UserTable {
  readonly id: Generated<number>;
  readonly name: string;
  readonly email: string;
  readonly role: 'user' | 'operator';
  readonly max_per_day: number;
  readonly max_parallel: number;
  readonly max_per_minute: number;
  readonly created_at: CreatedAt;
}

interface ApiKeyTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** First characters, to tell keys apart. */
  readonly prefix: string;
  /** SHA-256 of the key, hexadecimal: the key itself is not kept. */
  readonly hash: string;
  readonly created_at: CreatedAt;
  readonly revoked_at: Date | null;
}

/** Where an agent is in its life: docs/host-a-source.md tells it. */
export type AgentState = 'expected' | 'testing' | 'preparing' | 'ready' | 'quarantined' | 'withdrawn';

interface AgentTable {
  /** Dotted quad. */
  readonly address: string;
  readonly kind: 'source' | 'vantagePoint';
  readonly hostname: string;
  readonly site: string;
  /** Who it belongs to; null: the operator. */
  readonly user_id: number | null;
  readonly state: AgentState;
  /** Of the certificate that the agent must show; null before it has enrolled. */
  readonly certificate_serial: string | null;
  /** Port on which it awaits the controller; null: it dials. */
  readonly listening_port: number | null;
  /** Whether its last tests have shown that its spoofed packets arrive. */
  readonly can_spoof: ColumnType<boolean, boolean | undefined, boolean>;
  readonly last_connected_at: Date | null;
  readonly last_tested_at: Date | null;
  /** How often in a row its tests have failed. */
  readonly quarantine_level: ColumnType<number, number | undefined, number>;
  readonly quarantined_until: Date | null;
  readonly quarantine_reason: string | null;
  readonly created_at: CreatedAt;
}

interface AgentTestTable {
  readonly id: Generated<number>;
  readonly address: string;
  readonly tested_at: Date;
  /** Why it was tested: `connected`, `periodic`, `released`, `asked`. */
  readonly cause: string;
  readonly verdict: 'passed' | 'failed' | 'notTested';
  readonly report: Json;
}

interface ApplicationTable {
  readonly id: Generated<number>;
  readonly address: string;
  readonly hosting: string;
  readonly name: string;
  readonly email: string;
  readonly reason: string;
  readonly state: 'pending' | 'approved' | 'refused';
  readonly note: ColumnType<string, string | undefined, string>;
  readonly created_at: CreatedAt;
  readonly decided_at: Date | null;
  readonly decided_by: number | null;
}

interface MailTable {
  readonly id: Generated<number>;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  /** Part of the body that is blotted out once the mail is sent, such as an API key. */
  readonly secret: string | null;
  readonly attempts: ColumnType<number, number | undefined, number>;
  readonly last_error: string | null;
  readonly created_at: CreatedAt;
  readonly next_attempt_at: ColumnType<Date, Date | undefined, Date>;
  readonly sent_at: Date | null;
}

interface AtlasTracerouteTable {
  /** Dotted quad. */
  readonly source: string;
  readonly id: number;
  /** Who measured it: `vantagePoint`, `ripeAtlas`, `reverseTraceroute`. */
  readonly platform: string;
  /** Number of the RIPE Atlas probe that did. */
  readonly probe: number | null;
  readonly origin: string;
  readonly measured_at: Date;
  /** Dotted quads in order, null for silent hops. */
  readonly hops: Json;
}

interface AtlasTailTable {
  readonly source: string;
  /** Hop that was pinged, and who pinged it. */
  readonly target: string;
  readonly sender: string;
  readonly measured_at: Date;
  /** Dotted quads in order. */
  readonly stamps: Json;
}

interface AtlasRunTable {
  readonly id: Generated<number>;
  readonly source: string;
  /** Who asked for it; null: the system itself. */
  readonly user_id: number | null;
  /** Why: `asked`, `new`, `catchUp`, `refresh`. */
  readonly cause: string;
  /** Whose RIPE Atlas credits it spends: `system`, `user`, or `nobody`'s. */
  readonly payer: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** What it is about, and how far it has come: written and read by the controller alone. */
  readonly details: Json;
  readonly estimated_credits: number;
  readonly spent_credits: ColumnType<number, number | undefined, number>;
  readonly reason: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

interface AliasEvidenceTable {
  /** Dotted quads; the first is the smaller number. */
  readonly first: string;
  readonly second: string;
  readonly kind: string;
  readonly last_seen: Date;
  readonly count: number;
}

interface RankingRecordTable {
  /** `prefix` or `network`. */
  readonly level: string;
  readonly key: number;
  readonly sender: string;
  readonly distance: number;
  readonly count: number;
  readonly at: Date;
  readonly ingresses: Json;
}

interface OptOutTable {
  readonly prefix: string;
  readonly reason: string;
  readonly created_at: CreatedAt;
}

interface BatchTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  readonly size: number;
  readonly created_at: CreatedAt;
}

interface MeasurementTable {
  readonly id: Generated<number>;
  readonly batch_id: number;
  readonly user_id: number;
  /** Place in its batch, from 0. Work is taken in this order across batches, so that a large batch holds up nobody. */
  readonly position: number;
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly options: Json;
  readonly state: 'queued' | 'running' | 'done';
  readonly lease_owner: string | null;
  readonly lease_until: Date | null;
  readonly created_at: CreatedAt;
  readonly ended_at: Date | null;
  /** The result as the engine gave it; null until the measurement is done. */
  readonly result: Json;
}

export interface Schema {
  readonly users: UserTable;
  readonly api_keys: ApiKeyTable;
  readonly agents: AgentTable;
  readonly agent_tests: AgentTestTable;
  readonly applications: ApplicationTable;
  readonly mails: MailTable;
  readonly opt_outs: OptOutTable;
  readonly atlas_traceroutes: AtlasTracerouteTable;
  readonly atlas_tails: AtlasTailTable;
  readonly atlas_runs: AtlasRunTable;
  readonly alias_evidence: AliasEvidenceTable;
  readonly ranking_records: RankingRecordTable;
  readonly batches: BatchTable;
  readonly measurements: MeasurementTable;
}

export type User = Selectable<UserTable>;
export type NewUser = Insertable<UserTable>;
export type Agent = Selectable<AgentTable>;
export type NewAgent = Pick<Agent, 'address' | 'kind' | 'hostname' | 'site' | 'user_id' | 'state'>;
export type AgentChange = Updateable<AgentTable>;
export type AgentTest = Selectable<AgentTestTable>;
export type Application = Selectable<ApplicationTable>;
export type Mail = Selectable<MailTable>;
export type AtlasRunRow = Selectable<AtlasRunTable>;
export type NewAtlasRun = Insertable<AtlasRunTable>;
export type AtlasRunChange = Updateable<AtlasRunTable>;
export type OptOut = Selectable<OptOutTable>;
export type Batch = Selectable<BatchTable>;
export type MeasurementRow = Selectable<MeasurementTable>;
