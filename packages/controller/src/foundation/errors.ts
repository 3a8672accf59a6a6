import type { LimitUse } from '@revtr/storage';

/** The HTTP status of each error code. Codes are stable. */
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
  idempotencyKeyReused: 422,
  batchTooLarge: 413,
  bodyTooLarge: 413,
  unsupportedMediaType: 415,
  quotaPerDay: 429,
  quotaParallel: 429,
  quotaPerMinute: 429,
  tooManyRequests: 429,
  resultUnreadable: 500,
  internal: 500,
  upstreamFailed: 502,
} as const;
export type ControllerErrorCode = keyof typeof ERROR_STATUS;

/** One fault in a request, and its place. */
export interface ErrorDetail {
  /** Place in the request, for instance `revtrs[3].dst`. */
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

interface Places {
  readonly places: readonly ErrorDetail[];
}
interface RetryLater {
  /** Seconds after which the same request may succeed. */
  readonly retryAfterSeconds: number;
}
interface QuotaDetails extends RetryLater {
  /** The user's limit, and how much of it is used; both in measurements. */
  readonly allowed: number;
  readonly used: number;
  /** Measurements that the request asks for. */
  readonly asked: number;
  /** How much of each of the user's limits is used. */
  readonly limits: readonly LimitUse[];
}

/** The details of each code. A code whose type includes `undefined` needs none. */
export interface ErrorDetailsByCode {
  readonly badRequest: Places | undefined;
  readonly badJson: undefined;
  readonly emptyBatch: undefined;
  /** Each pair that cannot be measured. */
  readonly invalidPairs: Places;
  readonly badDataset: Places;
  readonly unauthorized: undefined;
  readonly forbidden: undefined;
  readonly notFound: undefined;
  readonly methodNotAllowed: undefined;
  readonly requestTimeout: undefined;
  readonly conflict: undefined;
  readonly idempotencyKeyReused: undefined;
  /** Pairs in the batch, and how many a batch of this user may hold. */
  readonly batchTooLarge: { readonly size: number; readonly most: number };
  readonly bodyTooLarge: undefined;
  readonly unsupportedMediaType: undefined;
  readonly quotaPerDay: QuotaDetails;
  readonly quotaParallel: QuotaDetails;
  readonly quotaPerMinute: QuotaDetails;
  readonly tooManyRequests: RetryLater;
  /** The file of an old result is missing or damaged; other results can be read. */
  readonly resultUnreadable: undefined;
  readonly internal: undefined;
  readonly upstreamFailed: undefined;
}

type DetailArguments<Details> = undefined extends Details ? [details?: Details] : [details: Details];

/** The error class of the controller: a stable code, a message for people, and the details of the code. */
export class ControllerError<Code extends ControllerErrorCode = ControllerErrorCode> extends Error {
  readonly code: Code;
  readonly details: ErrorDetailsByCode[Code] | undefined;

  constructor(code: Code, message: string, ...[details]: DetailArguments<ErrorDetailsByCode[Code]>) {
    super(message);
    this.name = 'ControllerError';
    this.code = code;
    this.details = details;
  }

  /** HTTP status. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }

  /** Faults by place; empty for codes without places. */
  get places(): readonly ErrorDetail[] {
    const details: ErrorDetailsByCode[ControllerErrorCode] = this.details;
    return details !== undefined && 'places' in details ? details.places : [];
  }

  /** How much of each limit of the user is used; `undefined` for errors that have nothing to do with a quota. */
  get limits(): readonly LimitUse[] | undefined {
    const details: ErrorDetailsByCode[ControllerErrorCode] = this.details;
    return details !== undefined && 'limits' in details ? details.limits : undefined;
  }

  /** Seconds after which the same request may succeed; `undefined` when waiting does not help. */
  get retryAfterSeconds(): number | undefined {
    const details: ErrorDetailsByCode[ControllerErrorCode] = this.details;
    return details !== undefined && 'retryAfterSeconds' in details ? details.retryAfterSeconds : undefined;
  }
}
