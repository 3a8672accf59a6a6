import type { AgentTable, AgentTestTable, ApplicationTable, SourceShareTable } from './agents.ts';
import type { ArchiveFileTable, ArchivePendingTable, ImportedResultTable } from './archive.ts';
import type {
  AliasEvidenceTable,
  AtlasRunTable,
  AtlasTailTable,
  AtlasTracerouteTable,
  RankingRecordTable,
} from './atlas.ts';
import type { AuditBlockTable, AuditEventTable } from './audit.ts';
import type { AuthorityRootTable } from './authority.ts';
import type {
  ColdDirectoryTable,
  ColdFileTable,
  ColdFileUserTable,
  ColdForwardTracerouteTable,
  ColdUnfinishedTable,
} from './cold.ts';
import type { KillSwitchTable } from './kill-switches.ts';
import type { LastLockHolderTable } from './last-lock-holder.ts';
import type { LeaseTable } from './leases.ts';
import type { MailTable } from './mails.ts';
import type {
  BatchTable,
  JsonResultTable,
  MeasurementTable,
  ResultPartitionTable,
  ResultTable,
} from './measurements.ts';
import type { AbuseContactTable, OptOutChangeTable, OptOutRequestTable, OptOutTable } from './opt-outs.ts';
import type { ProbeCountTable } from './probe-counts.ts';
import type { ProbeSetTable, ProbeTable } from './probes.ts';
import type { PublicationTable } from './publications.ts';
import type { HopKindTable, SelfAuditDayTable, SelfAuditHopTable, SelfAuditTable } from './self-audits.ts';
import type { ApiKeyTable, OneTimeTokenTable, SessionTable, UserTable } from './users.ts';
import type { WatchAlertTable, WatchChangeTable, WatchRunTable, WatchTable } from './watches.ts';

/** All tables, as the last migration leaves them. Ids and other 64-bit integers are read as numbers. */
export interface Schema {
  readonly users: UserTable;
  readonly api_keys: ApiKeyTable;
  readonly sessions: SessionTable;
  readonly one_time_tokens: OneTimeTokenTable;
  readonly source_shares: SourceShareTable;
  readonly agents: AgentTable;
  readonly agent_tests: AgentTestTable;
  readonly authority_root: AuthorityRootTable;
  readonly applications: ApplicationTable;
  readonly mails: MailTable;
  readonly opt_outs: OptOutTable;
  readonly opt_out_changes: OptOutChangeTable;
  readonly opt_out_requests: OptOutRequestTable;
  readonly abuse_contacts: AbuseContactTable;
  readonly kill_switches: KillSwitchTable;
  readonly atlas_traceroutes: AtlasTracerouteTable;
  readonly atlas_tails: AtlasTailTable;
  readonly atlas_runs: AtlasRunTable;
  readonly alias_evidence: AliasEvidenceTable;
  readonly ranking_records: RankingRecordTable;
  readonly batches: BatchTable;
  readonly measurements: MeasurementTable;
  readonly results: ResultTable;
  readonly json_results: JsonResultTable;
  readonly result_partitions: ResultPartitionTable;
  readonly cold_files: ColdFileTable;
  readonly cold_file_users: ColdFileUserTable;
  readonly cold_forward_traceroutes: ColdForwardTracerouteTable;
  readonly cold_unfinished: ColdUnfinishedTable;
  readonly cold_directory: ColdDirectoryTable;
  readonly probe_sets: ProbeSetTable;
  readonly probes: ProbeTable;
  readonly leases: LeaseTable;
  readonly last_lock_holder: LastLockHolderTable;
  readonly publications: PublicationTable;
  readonly archive_pending: ArchivePendingTable;
  readonly archive_files: ArchiveFileTable;
  readonly imported_results: ImportedResultTable;
  readonly audit_blocks: AuditBlockTable;
  readonly audit_events: AuditEventTable;
  readonly probe_counts: ProbeCountTable;
  readonly self_audits: SelfAuditTable;
  readonly self_audit_days: SelfAuditDayTable;
  readonly self_audit_hops: SelfAuditHopTable;
  readonly hop_kinds: HopKindTable;
  readonly watches: WatchTable;
  readonly watch_runs: WatchRunTable;
  readonly watch_changes: WatchChangeTable;
  readonly watch_alerts: WatchAlertTable;
}
