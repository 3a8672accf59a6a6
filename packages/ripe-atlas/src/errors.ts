/** What RIPE Atlas can answer instead of what was asked for. Codes are stable. */
export type RipeAtlasErrorCode =
  /** The request was not accepted as it is. */
  | 'badRequest'
  /** The key is unknown, or lacks a permission. */
  | 'forbidden'
  | 'notFound'
  /** Too many requests, even after waiting. */
  | 'rateLimited'
  /** Too many measurements or probes at once: the same may be accepted later. */
  | 'quota'
  | 'insufficientCredits'
  /** The server failed, even when asked again. */
  | 'serverFailed'
  /** The answer does not follow the contract. */
  | 'badAnswer'
  | 'unreachable'
  | 'cancelled';

/** The one error class of this package: a stable code, a sentence for a person, and what the server said about it. */
export class RipeAtlasError extends Error {
  readonly code: RipeAtlasErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Places in the request and what is wrong there, as the server names them. */
  readonly details: readonly { readonly at: string; readonly message: string }[];

  constructor(
    code: RipeAtlasErrorCode,
    message: string,
    more: { readonly status?: number; readonly details?: RipeAtlasError['details'] } = {},
  ) {
    super(message);
    this.name = 'RipeAtlasError';
    this.code = code;
    this.status = more.status;
    this.details = more.details ?? [];
  }
}
