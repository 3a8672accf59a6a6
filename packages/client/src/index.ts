export { type ClientOptions, ReverseTracerouteClient, type Submitted } from './client.ts';
export * from './errors.ts';
export type { BatchEvent } from './events.ts';
export * from './types.ts';
