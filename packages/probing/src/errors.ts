/** Why a probe could not be run. Codes are stable. An unanswered probe is a result, not an error. */
export type ProbingErrorCode =
  | 'invalidRequest'
  | 'unknownSender'
  | 'unknownReceiver'
  | 'spoofingRefused'
  | 'cancelled'
  | 'proberStopped';

/** The one error class of measurement: a stable code, a sentence for a person, typed details. */
export class ProbingError extends Error {
  readonly code: ProbingErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ProbingErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'ProbingError';
    this.code = code;
    this.details = details;
  }
}

/** The error of a call whose `signal` fired. It has no stack: cancelling is daily work, and taking a stack is costly. */
export function cancelled(): ProbingError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new ProbingError('cancelled', 'cancelled by the caller');
  Error.stackTraceLimit = limit;
  return error;
}
