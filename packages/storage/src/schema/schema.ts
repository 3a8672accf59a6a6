import type { AgentTable, AgentTestTable, ApplicationTable } from './agents.ts';
import type {
  AliasEvidenceTable,
  AtlasRunTable,
  AtlasTailTable,
  AtlasTracerouteTable,
  RankingRecordTable,
} from './atlas.ts';
import type { MailTable } from './mails.ts';
import type { BatchTable, MeasurementTable } from './measurements.ts';
import type { OptOutTable } from './opt-outs.ts';
import type { ProbeCountTable } from './probe-counts.ts';
import type { ApiKeyTable, UserTable } from './users.ts';

/** All tables, as the last migration leaves them. Ids and other 64-bit integers are read as numbers. */
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
  readonly probe_counts: ProbeCountTable;
}
