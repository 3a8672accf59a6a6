/** The details of each error code. Codes are stable. An unanswered probe is a result, not an error. */
export interface ProbingErrorDetails {
  /** No prober can run the request, or the target policy refuses its target. */
  readonly invalidRequest: NoDetails;
  /** No host with the address (dotted quad) can send. */
  readonly unknownSender: { readonly address?: string };
  /** No host with the address (dotted quad) can receive. */
  readonly unknownReceiver: { readonly address?: string };
  /** The prober has sent as many probes to the target, or to its prefix, as it may. It may send again after `retryAfterMs` milliseconds. */
  readonly targetBudget: { readonly retryAfterMs: number };
  /** The claimed source did not agree to be claimed. */
  readonly spoofingRefused: NoDetails;
  /** The `AbortSignal` of the call fired. */
  readonly cancelled: NoDetails;
  /** An operator has stopped probes like this one by a kill switch. `scope` and `subject` name the switch. */
  readonly killSwitch: { readonly scope: string; readonly subject: string };
  /** The audit cannot record the probe, so the probe is not sent. */
  readonly auditUnavailable: NoDetails;
  /** The prober cannot send or receive now. `receiver` (dotted quad) is present when that host waits for too many probes. */
  readonly proberStopped: { readonly receiver?: string };
}

/** Why a probe could not be run. */
export type ProbingErrorCode = keyof ProbingErrorDetails;

/** The details of a code that has none. */
type NoDetails = Readonly<Record<never, never>>;
type DetailsArgument<Details> = NoDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The error class of probing: a stable code, a message for people, and the details of that code.
 */
export class ProbingError<Code extends ProbingErrorCode = ProbingErrorCode> extends Error {
  readonly code: Code;
  readonly details: ProbingErrorDetails[Code];

  constructor(code: Code, message: string, ...[details]: DetailsArgument<ProbingErrorDetails[Code]>);
  constructor(code: Code, message: string, details: ProbingErrorDetails[Code]) {
    super(message);
    this.name = 'ProbingError';
    this.code = code;
    this.details = details ?? {};
  }

  /** Narrows to the default type argument; without it, `instanceof` narrows a generic class to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is ProbingError {
    return Function.prototype[Symbol.hasInstance].call(ProbingError, value);
  }
}

/**
 * Creates the error of a call whose `AbortSignal` fired. The error has no stack, because probes are cancelled often and capturing
 * a stack is slow.
 */
export function cancelled(): ProbingError<'cancelled'> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new ProbingError('cancelled', 'cancelled by the caller');
  Error.stackTraceLimit = limit;
  return error;
}
