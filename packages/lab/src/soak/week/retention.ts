/** Records are kept for a day, which is the shortest time, so that the week passes it several times. */
export const DAY = 1;
export const RETENTION = {
  // Evidence is as old as the path that shows it.
  ...{ mailDays: DAY, agentTestDays: DAY, atlasDays: 2 * DAY, rankingDays: DAY, aliasEvidenceDays: 2 * DAY },
  ...{ atlasRunDays: DAY, refusedApplicationDays: DAY, probeDays: DAY },
  ...{ selfAuditDays: DAY, selfAuditCountDays: DAY, optOutRequestDays: DAY },
};

/** A table whose rows are deleted by their age. */
export interface RetainedTable {
  readonly table: string;
  /** The column of the time that the age counts from. */
  readonly column: string;
  /** The age at which rows are deleted, days. */
  readonly days: number;
}

/** Results and batches are deleted with the partition of their day, a day after it has ended. */
const WHOLE_DAYS = 2 * DAY;

export const RETAINED_TABLES: readonly RetainedTable[] = [
  { table: 'agent_tests', column: 'tested_at', days: RETENTION.agentTestDays },
  { table: 'alias_evidence', column: 'last_seen', days: RETENTION.aliasEvidenceDays },
  { table: 'atlas_runs', column: 'ended_at', days: RETENTION.atlasRunDays },
  { table: 'atlas_tails', column: 'measured_at', days: RETENTION.atlasDays },
  { table: 'atlas_traceroutes', column: 'measured_at', days: RETENTION.atlasDays },
  { table: 'audit_blocks', column: 'to_at', days: DAY },
  { table: 'audit_events', column: 'at', days: DAY },
  { table: 'batches', column: 'created_at', days: WHOLE_DAYS },
  { table: 'mails', column: 'created_at', days: RETENTION.mailDays },
  { table: 'probe_sets', column: 'created_at', days: RETENTION.probeDays },
  { table: 'ranking_records', column: 'at', days: RETENTION.rankingDays },
  { table: 'results', column: 'created_at', days: WHOLE_DAYS },
  { table: 'self_audits', column: 'started_at', days: RETENTION.selfAuditDays },
  { table: 'watch_alerts', column: 'created_at', days: DAY },
  { table: 'watch_changes', column: 'at', days: DAY },
  { table: 'watch_runs', column: 'started_at', days: DAY },
];
