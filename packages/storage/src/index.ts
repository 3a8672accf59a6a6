export { type Database, type DatabaseSettings, openDatabase, parseDatabaseSettings } from './database.ts';
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
export { Batches, type NewMeasurement, type QuotaExceeded } from './queries/batches.ts';
export { type FinishedJob, type Job, Jobs } from './queries/jobs.ts';
export { Mails } from './queries/mails.ts';
export { OptOuts } from './queries/opt-outs.ts';
export { RankingRecords, type StoredRankingRecord } from './queries/ranking-records.ts';
export { Users } from './queries/users.ts';
export type {
  Agent,
  AgentChange,
  AgentState,
  AgentTest,
  Application,
  AtlasRunChange,
  AtlasRunRow,
  Batch,
  Mail,
  MeasurementRow,
  NewAgent,
  NewAtlasRun,
  NewUser,
  OptOut,
  Schema,
  User,
} from './schema.ts';
