export { type Database, type DatabaseSettings, openDatabase, parseDatabaseSettings } from './database.ts';
export * from './errors.ts';
export { AgentTests } from './queries/agent-tests.ts';
export { Agents } from './queries/agents.ts';
export { Applications, type NewApplication } from './queries/applications.ts';
export { Atlases, type StoredAtlas } from './queries/atlases.ts';
export { Batches, type NewMeasurement, type QuotaExceeded } from './queries/batches.ts';
export { type FinishedJob, type Job, Jobs } from './queries/jobs.ts';
export { Mails } from './queries/mails.ts';
export { OptOuts } from './queries/opt-outs.ts';
export { Users } from './queries/users.ts';
export type {
  Agent,
  AgentChange,
  AgentState,
  AgentTest,
  Application,
  Batch,
  Mail,
  MeasurementRow,
  NewAgent,
  NewUser,
  OptOut,
  Schema,
  User,
} from './schema.ts';
