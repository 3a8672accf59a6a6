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
  /** The claimed source did not agree to be claimed; or the host `refusedBy` (dotted quad) refuses for its own reasons. */
  readonly spoofingRefused: { readonly refusedBy?: string };
  /** The `AbortSignal` of the call fired. */
  readonly cancelled: NoDetails;
  /** An operator has stopped probes like this one by a kill switch. `scope` and `subject` name the switch. */
  readonly killSwitch: { readonly scope: string; readonly subject: string };
  /** The audit cannot record the probe, so the probe is not sent. */
  readonly auditUnavailable: NoDetails;
  /**
   * The prober cannot send or receive now. `receiver` (dotted quad) is present when that host waits for too many probes. `isUnreachable`: the
   * prober is not connected, or the connection to it ended; it may work nevertheless. `refusedBy`: the host (dotted quad) that said so itself.
   */
  readonly proberStopped: { readonly receiver?: string; readonly isUnreachable?: boolean; readonly refusedBy?: string };
  /** The probe was not sent, because it would exceed a budget. */
  readonly budgetExhausted: ExhaustedBudget;
  /** The probe was not sent, because probing of its target's network is suspended. */
  readonly circuitOpen: OpenCircuit;
}

/** What packets are counted for. */
export const BUDGET_KINDS = ['destination', 'slash24', 'prefix', 'as', 'vantagePoint', 'source', 'user'] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

/** A budget that has no packets left. */
export interface ExhaustedBudget {
  readonly kind: BudgetKind;
  /** What the packets are counted for: an address, a prefix, an AS (`AS64496`) or the number of a user. */
  readonly subject: string;
  /** Whether the budget counts all packets or only those with IP options. */
  readonly packets: 'all' | 'withOptions';
  readonly per: 'second' | 'day';
  /** Packets in each such period. */
  readonly limit: number;
  /** When a probe may be sent again, milliseconds since the Unix epoch. */
  readonly retryAt: number;
}

/** A network whose probing is suspended, because its answers have changed for the worse. */
export interface OpenCircuit {
  readonly kind: 'as' | 'prefix';
  /** An AS (`AS64496`) or a prefix. */
  readonly subject: string;
  /** When a probe may be sent again, milliseconds since the Unix epoch. */
  readonly retryAt: number;
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

/** A probe that was held back to protect a network. It says nothing about the target: neither an answer nor a silence. */
export type HeldBack = ProbingError<'budgetExhausted'> | ProbingError<'circuitOpen'>;

/** Whether a probe was held back to protect a network. */
export function isHeldBack(error: unknown): error is HeldBack {
  return error instanceof ProbingError && (error.code === 'budgetExhausted' || error.code === 'circuitOpen');
}
