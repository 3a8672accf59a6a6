/** An answer with an error status. */
interface RefusedRequest {
  /** HTTP status. */
  readonly status: number;
  /** Places in the request and what is wrong there, as the server names them; at most 20. */
  readonly problems: readonly { readonly at: string; readonly message: string }[];
}

/** The details of each error code. Codes are stable. */
export interface RipeAtlasErrorDetails {
  /** The server does not accept the request. */
  readonly badRequest: RefusedRequest;
  /** The key is unknown or lacks a permission (401, 403). */
  readonly forbidden: RefusedRequest;
  readonly notFound: RefusedRequest;
  /** Too many requests (429), after the allowed number of tries. */
  readonly rateLimited: RefusedRequest;
  /** Too many measurements or probes at once: the server may accept the same request later. */
  readonly quota: RefusedRequest;
  readonly insufficientCredits: RefusedRequest;
  /** The server failed (5xx), after the allowed number of tries. */
  readonly serverFailed: RefusedRequest;
  /** The answer is not JSON or does not follow the API's schema; `path` is the field at fault. */
  readonly badAnswer: { readonly path?: string };
  /** The answer or a list is longer than the client accepts; `limit` is in bytes or pages as the message says. */
  readonly answerTooLarge: { readonly limit: number };
  /** No connection, or no answer in time. */
  readonly unreachable: { readonly host: string };
  /** The `AbortSignal` of the call fired. */
  readonly cancelled: NoDetails;
}

/** A stable code that says what failed, at RIPE Atlas or in the connection to it. */
export type RipeAtlasErrorCode = keyof RipeAtlasErrorDetails;

/** The details of a code that has none. */
type NoDetails = Readonly<Record<never, never>>;
type DetailsArgument<Details> = NoDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The error class of this package: a stable code, a message for people, and the details of that code.
 */
export class RipeAtlasError<Code extends RipeAtlasErrorCode = RipeAtlasErrorCode> extends Error {
  readonly code: Code;
  readonly details: RipeAtlasErrorDetails[Code];

  constructor(code: Code, message: string, ...[details]: DetailsArgument<RipeAtlasErrorDetails[Code]>);
  constructor(code: Code, message: string, details: RipeAtlasErrorDetails[Code]) {
    super(message);
    this.name = 'RipeAtlasError';
    this.code = code;
    this.details = details ?? {};
  }

  /** Narrows to the default type argument; without it, `instanceof` narrows a generic class to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is RipeAtlasError {
    return Function.prototype[Symbol.hasInstance].call(RipeAtlasError, value);
  }
}
