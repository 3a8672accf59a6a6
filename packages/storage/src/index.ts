export { type Database, type DatabaseSettings, openDatabase, parseDatabaseSettings } from './database.ts';
export * from './errors.ts';
export { Batches, type NewMeasurement, type QuotaExceeded } from './queries/batches.ts';
export { type FinishedJob, type Job, Jobs } from './queries/jobs.ts';
export { Sources } from './queries/sources.ts';
export { Users } from './queries/users.ts';
export type { Batch, MeasurementRow, NewUser, Schema, Source, User } from './schema.ts';
