export { DatabaseLock, type LockedDatabase, lockHolder } from './access/database-lock.ts';
export { type DatabaseSettings, parseDatabaseSettings } from './access/database-settings.ts';
export { type Database, type DatabaseCollaborators, openDatabase } from './access/open-database.ts';
export { Turns } from './access/turns.ts';
export { generateApiKey, generateToken, type HashedApiKey, hashApiKey, hashToken } from './api-keys/api-key.ts';
export { SCOPES, type Scope, USER_SCOPES } from './api-keys/scopes.ts';
export { type ColdFile, ColdStore } from './cold/cold-store.ts';
export type { ColdFiles } from './cold/files/cold-files.ts';
export { DirectoryFiles } from './cold/files/directory-files.ts';
export { S3Files } from './cold/files/s3/s3-files.ts';
export { parseS3Url, type S3Place } from './cold/files/s3/s3-place.ts';
export { type CopiedDatabase, type CopyProgress, copyDatabase } from './copy/copy-database.ts';
export { hasDatabase } from './embedded/database-directory.ts';
export { lockDirectory } from './embedded/lock-file.ts';
export { makePrivate } from './embedded/private-directory.ts';
export * from './errors.ts';
export { DurableFile, makeDirectory, placeFile, replaceFile } from './files/durable-file.ts';
export type { SearchOrder } from './find/id-range.ts';
export type { MeasurementFilter } from './find/measurement-filter.ts';
export { MeasurementFinder, type SearchOptions } from './find/measurement-finder.ts';
export type { MeasurementSearch } from './find/measurement-search.ts';
export { AbuseContacts } from './queries/abuse-contacts.ts';
export { type AccountRecord, Accounts } from './queries/accounts.ts';
export { AgentTests } from './queries/agent-tests.ts';
export { Agents } from './queries/agents.ts';
export { type ApiKey, ApiKeys, MOST_KEYS } from './queries/api-keys.ts';
export { Applications, type ApprovalRefusal, type NewApplication } from './queries/applications.ts';
export { type ArchiveDay, ArchiveRecords, type ArchiveTotals } from './queries/archive-records.ts';
export { AtlasRuns } from './queries/atlas-runs.ts';
export {
  type AtlasChange,
  Atlases,
  type StoredAliasEvidence,
  type StoredAtlas,
  type StoredPath,
  type StoredTail,
} from './queries/atlases.ts';
export {
  type AuditBlockQuery,
  AuditBlocks,
  type NewAuditBlock,
  type NumberRange,
  type StoredAuditBlock,
} from './queries/audit-blocks.ts';
export { type AuditEventQuery, AuditEventRecords, type NewAuditEvent } from './queries/audit-event-records.ts';
export { AuthorityRoot } from './queries/authority-root.ts';
export { Batches, type BatchProgress, type MeasurementPage } from './queries/batches.ts';
export { databaseTime } from './queries/database-time.ts';
export { type HopKindChange, HopKinds } from './queries/hop-kinds.ts';
export { type ImportedResultQuery, ImportedResults, type NewImportedResult } from './queries/imported-results.ts';
export { type FinishedJob, type Job, Jobs } from './queries/jobs.ts';
export { KillSwitchRecords } from './queries/kill-switches.ts';
export { LastLockHolder } from './queries/last-lock-holder.ts';
export { type Lease, Leases } from './queries/leases.ts';
export { Mails } from './queries/mails.ts';
export { OldRecords } from './queries/old-records.ts';
export { OneTimeTokens } from './queries/one-time-tokens.ts';
export { type NewOptOutRequest, type OptOutDecision, OptOutRequests } from './queries/opt-out-requests.ts';
export { OptOuts } from './queries/opt-outs.ts';
export { ProbeCounts } from './queries/probe-counts.ts';
export { type ProbeJob, ProbeSets } from './queries/probe-sets.ts';
export { Publications, type RecentResult } from './queries/publications.ts';
export {
  type LeaseHolder,
  type QueuedFlow,
  QueueState,
  type Standing,
  type UserQueue,
} from './queries/queue-state.ts';
export { RankingRecords, type StoredRankingRecord } from './queries/ranking-records.ts';
export {
  type AccuracyQuery,
  type AuditSums,
  type FinishedSelfAudit,
  type HopCounts,
  type HopSums,
  type NewSelfAudit,
  SelfAudits,
} from './queries/self-audits.ts';
export { type OpenSession, Sessions } from './queries/sessions.ts';
export { SourceShares } from './queries/source-shares.ts';
export { type UserChange, Users } from './queries/users.ts';
export { type AlertOutcome, WatchAlerts } from './queries/watch-alerts.ts';
export { WatchHistory, type WatchPage } from './queries/watch-history.ts';
export { type ClaimedRun, type FinishedRun, type NewWatchAlert, WatchRuns } from './queries/watch-runs.ts';
export { type NewWatch, type WatchChange, Watches, type WatchLimits, type WatchRefusal } from './queries/watches.ts';
export type { Repeated } from './queue/accept-batches.ts';
export { keyOfFlow, MOST_AHEAD } from './queue/fair-turns.ts';
export type { NewMeasurement } from './queue/insert-measurements.ts';
export type { LimitUse, QuotaExceeded } from './queue/limit-use.ts';
export { decodeRecord } from './records/decode-record.ts';
export { encodeRecord } from './records/encode-record.ts';
export { ColdPartitions, type ColdTotals } from './results/cold-partitions.ts';
export { JsonResults } from './results/json-results.ts';
export type { MovedPartition } from './results/move-partition.ts';
export type { MeasurementOutline } from './results/outline.ts';
export { type ResultPartition, ResultPartitions } from './results/result-partitions.ts';
export type { MoveStep } from './results/write-and-record.ts';
export {
  AGENT_STATES,
  type Agent,
  type AgentChange,
  type AgentState,
  type AgentTest,
  type Application,
  type NewAgent,
  SOURCE_VISIBILITIES,
  type SourceVisibility,
} from './schema/agents.ts';
export type { ArchiveFile, NewArchiveFile } from './schema/archive.ts';
export type { AtlasRunChange, AtlasRunRow, NewAtlasRun } from './schema/atlas.ts';
export type { AuditEvent } from './schema/audit.ts';
export { KILL_SWITCH_SCOPES, type KillSwitchRow, type KillSwitchScope } from './schema/kill-switches.ts';
export type { Mail } from './schema/mails.ts';
export type { Batch, MeasurementRow } from './schema/measurements.ts';
export {
  type AbuseContact,
  type NewOptOut,
  OPT_OUT_REQUEST_STATES,
  type OptOut,
  type OptOutRequest,
  type OptOutRequestState,
} from './schema/opt-outs.ts';
export type { ProbeRow, ProbeSet } from './schema/probes.ts';
export type { Publication } from './schema/publications.ts';
export type { Schema } from './schema/schema.ts';
export {
  type HopKindRow,
  SELF_AUDIT_OUTCOMES,
  type SelfAuditOutcome,
  type SelfAuditRow,
} from './schema/self-audits.ts';
export type { NewUser, OneTimeToken, TokenPurpose, User } from './schema/users.ts';
export type { WatchAlertRow, WatchChangeRow, WatchRow, WatchRunRow } from './schema/watches.ts';
