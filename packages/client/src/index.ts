// First: it refuses a version of Node.js on which the other modules may fail.
import './supported-node.ts';

export { AccountsClient } from './accounts.ts';
export { type ResultOptions, ReverseTracerouteClient, type Submitted, type WatchOptions } from './client.ts';
export type { ClientOptions } from './connection.ts';
export * from './errors.ts';
export type { BatchEvent } from './events.ts';
export { FleetClient } from './fleet.ts';
export { ProbesClient, type ProbeWait } from './probes.ts';
export type { RetryOptions } from './retry.ts';
export * from './types.ts';
export type { UploadedBatch, UploadOptions, ValidPairs } from './upload.ts';
export { type HistoryPage, WatchesClient } from './watches.ts';
