import type { CallLimits } from './call-limit.ts';

/** The limits of a gRPC server. */
export interface GrpcLimits {
  /** TCP connections, in total and from one IPv4 address or /64 of IPv6. Default 1,000 and 64. */
  readonly connections: { readonly total: number; readonly perAddress: number };
  /** Calls of one connection at a time. Clients that send more before they know the limit see errors. Default 1,024. */
  readonly streamsPerConnection: number;
  /** Calls at a time, in total and from one address. A call counts until its implementation has ended. Default 4,000 and 1,024. */
  readonly calls: CallLimits;
  /** Those of them that have no end by themselves. Default 500 and 32. */
  readonly streams: CallLimits;
  /** Bytes and number of the headers of a call. Default 16 KiB and 64. */
  readonly headers: { readonly bytes: number; readonly fields: number };
  /** Bytes of a message. Default 1 MiB, 16 MiB for calls whose request gate has checked a credential, and 16 KiB for each message of a stream. */
  readonly message: { readonly bytes: number; readonly withCredentialBytes: number; readonly inStreamBytes: number };
  /** Messages, and texts in lists, within a message. Default 5,000, and 250,000 for calls whose request gate has checked a credential. */
  readonly nested: { readonly messages: number; readonly withCredentialMessages: number };
  /** Bytes of messages that are being received, in total and from one address: each message takes memory until it is whole. Default 256 and 64 MiB. */
  readonly receiving: { readonly total: number; readonly perAddress: number };
  /** Time for the TLS handshake, milliseconds. Default 10,000. */
  readonly handshakeMs: number;
  /** Time for a message, milliseconds, to which each received KiB adds 125. Default 30,000. */
  readonly messageMs: number;
  /** Time for which the client may leave an answer unread, milliseconds. Default 60,000. */
  readonly unreadMs: number;
  /** Connections are pinged at this interval, milliseconds; those that sent nothing since the ping before are closed. Default 30,000. */
  readonly pingMs: number;
  /** Connections without calls are closed after this time, milliseconds. Default 900,000. */
  readonly idleMs: number;
  /** Time that calls have to end when the server stops, milliseconds. Default 5,000. */
  readonly stopMs: number;
}

export const DEFAULT_GRPC_LIMITS: GrpcLimits = {
  connections: { total: 1_000, perAddress: 64 },
  streamsPerConnection: 1_024,
  calls: { total: 4_000, perAddress: 1_024 },
  streams: { total: 500, perAddress: 32 },
  headers: { bytes: 16 * 2 ** 10, fields: 64 },
  message: { bytes: 2 ** 20, withCredentialBytes: 16 * 2 ** 20, inStreamBytes: 16 * 2 ** 10 },
  nested: { messages: 5_000, withCredentialMessages: 250_000 },
  receiving: { total: 256 * 2 ** 20, perAddress: 64 * 2 ** 20 },
  handshakeMs: 10_000,
  messageMs: 30_000,
  unreadMs: 60_000,
  pingMs: 30_000,
  idleMs: 900_000,
  stopMs: 5_000,
};
