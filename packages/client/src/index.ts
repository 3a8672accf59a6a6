export { AccountsClient } from './accounts.ts';
export { ReverseTracerouteClient, type Submitted, type WatchOptions } from './client.ts';
export type { ClientOptions } from './connection.ts';
export * from './errors.ts';
export type { BatchEvent } from './events.ts';
export { FleetClient } from './fleet.ts';
export { ProbesClient, type ProbeWait } from './probes.ts';
export * from './types.ts';
export { type HistoryPage, WatchesClient } from './watches.ts';
