/** A problem that the server reports, and its place in the request, for example `revtrs[0].dst`. */
export interface ServerDetail {
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** What an error answer of the server contains. */
export interface ServerAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Code of the server, for example `quotaExceeded`; `unknown` when the answer has none. */
  readonly serverCode: string;
  readonly problems: readonly ServerDetail[];
}

/** The details that belong to each error code of the client. Codes are stable. */
export interface ClientErrorDetails {
  /** The server cannot be reached, or the connection broke. */
  readonly unreachable: { readonly server: string; readonly reason: string };
  /** The API key is missing or unknown (status 401). */
  readonly unauthorized: ServerAnswer;
  /** What the request names does not exist (status 404). */
  readonly notFound: ServerAnswer;
  /** A quota is used up (status 429). `retryAfterSeconds` is present when the server says when to try again. */
  readonly quota: ServerAnswer & { readonly retryAfterSeconds?: number };
  /** The server rejects the request (every other status below 500). */
  readonly refused: ServerAnswer;
  /** The server failed (status 500 and above). */
  readonly failed: ServerAnswer;
  /** The answer is not what the API describes. */
  readonly badAnswer: { readonly reason: string };
  /** The answer is larger than the client accepts. `limit` is in bytes. */
  readonly answerTooLarge: { readonly limit: number };
  /** The caller cancelled the call. */
  readonly cancelled: Readonly<Record<never, never>>;
}

/** A stable code that says what failed. */
export type ClientErrorCode = keyof ClientErrorDetails;

type Arguments = {
  [Code in ClientErrorCode]: [code: Code, message: string, details: ClientErrorDetails[Code]];
}[ClientErrorCode];

/**
 * Whether an error is a {@link ClientError}, and of one code if that is given: then its `details` have the type of that code.
 * @example if (isClientError(error, 'quota')) console.log(error.details.retryAfterSeconds);
 */
export function isClientError<Code extends ClientErrorCode = ClientErrorCode>(
  error: unknown,
  code?: Code,
): error is ClientError & { readonly code: Code; readonly details: ClientErrorDetails[Code] } {
  return error instanceof ClientError && (code === undefined || error.code === code);
}

/** The only error class of the client: a stable code, a message for people, and the details of that code. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly details: ClientErrorDetails[ClientErrorCode];

  constructor(...[code, message, details]: Arguments) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
    this.details = details;
  }

  /** The answer of the server; `undefined` when there was no readable answer. */
  get answer(): ServerAnswer | undefined {
    return 'serverCode' in this.details ? this.details : undefined;
  }

  /** The code of the server, which is more exact than `code`. */
  get serverCode(): string | undefined {
    return this.answer?.serverCode;
  }
}
