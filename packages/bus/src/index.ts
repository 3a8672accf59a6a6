export { Bus, type BusCollaborators, type BusOptions } from './bus.ts';
export { MOST_BYTES, type Service, type Topic } from './contracts.ts';
export { BusError, type BusErrorCode, type BusErrorDetails } from './errors.ts';
export type { Follower } from './knowledge/subscription.ts';
export type { Stream } from './streams/client-stream.ts';
export type { Handler } from './streams/server-stream.ts';
export { InProcessExchange, InProcessTransport } from './transport/in-process.ts';
export { type NatsSettings, NatsTransport } from './transport/nats.ts';
export type { Transport } from './transport/transport.ts';
