export { type DatabaseSettings, parseDatabaseSettings } from './access/database-settings.ts';
export { type Database, openDatabase } from './access/open-database.ts';
export { generateApiKey, type HashedApiKey, hashApiKey } from './api-keys/api-key.ts';
export * from './errors.ts';
export { AgentTests } from './queries/agent-tests.ts';
export { Agents } from './queries/agents.ts';
export { Applications, type NewApplication } from './queries/applications.ts';
export { AtlasRuns } from './queries/atlas-runs.ts';
export {
  type AtlasChange,
  Atlases,
  type StoredAliasEvidence,
  type StoredAtlas,
  type StoredPath,
  type StoredTail,
} from './queries/atlases.ts';
export { Batches, type MeasurementPage, type NewMeasurement, type QuotaExceeded } from './queries/batches.ts';
export { type FinishedJob, type Job, Jobs } from './queries/jobs.ts';
export { Mails } from './queries/mails.ts';
export { OptOuts } from './queries/opt-outs.ts';
export { ProbeCounts } from './queries/probe-counts.ts';
export { RankingRecords, type StoredRankingRecord } from './queries/ranking-records.ts';
export { Users } from './queries/users.ts';
export {
  AGENT_STATES,
  type Agent,
  type AgentChange,
  type AgentState,
  type AgentTest,
  type Application,
  type NewAgent,
} from './schema/agents.ts';
export type { AtlasRunChange, AtlasRunRow, NewAtlasRun } from './schema/atlas.ts';
export type { Mail } from './schema/mails.ts';
export type { Batch, MeasurementRow } from './schema/measurements.ts';
export type { OptOut } from './schema/opt-outs.ts';
export type { Schema } from './schema/schema.ts';
export type { NewUser, User } from './schema/users.ts';
