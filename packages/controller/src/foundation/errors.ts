/** What a request can be refused for. Codes are stable; each has one HTTP status. */
export const ERROR_STATUS = {
  badRequest: 400,
  badJson: 400,
  emptyBatch: 400,
  invalidPairs: 400,
  badDataset: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  requestTimeout: 408,
  conflict: 409,
  batchTooLarge: 413,
  bodyTooLarge: 413,
  unsupportedMediaType: 415,
  quotaPerDay: 429,
  quotaParallel: 429,
  quotaPerMinute: 429,
  tooManyRequests: 429,
  internal: 500,
  upstreamFailed: 502,
} as const;
export type ControllerErrorCode = keyof typeof ERROR_STATUS;

/** One thing that is wrong, and where. */
export interface ErrorDetail {
  /** Place in the request, for instance `revtrs[3].dst`. */
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** The one error class of the controller: a stable code, a sentence for a person, details by place. */
export class ControllerError extends Error {
  readonly code: ControllerErrorCode;
  readonly details: readonly ErrorDetail[];
  /** Seconds after which the same request may succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ControllerErrorCode,
    message: string,
    details: readonly ErrorDetail[] = [],
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = 'ControllerError';
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}
