/** The details of each error code. Codes are stable. */
export interface SimErrorDetails {
  /** A parameter is out of range. */
  readonly badParameters: { readonly name: string; readonly value: number };
  /** A relationship file is malformed; `line` (from 1) is absent when it holds no relationship at all. */
  readonly badRelationships: { readonly line?: number };
  /** No host or router has the address (dotted quad). */
  readonly unknownAddress: { readonly address: string };
  /** An event names an interface that does not exist. */
  readonly unknownLink: { readonly interface: number };
  /** An event is earlier than one already scheduled; `atMs` in milliseconds since the Unix epoch. */
  readonly eventInThePast: { readonly atMs: number };
  /** The topology needs more addresses than the address space or a network's block has. */
  readonly outOfAddresses: NoDetails;
}

/** What is wrong with a simulated Internet or a request to it. */
export type SimErrorCode = keyof SimErrorDetails;

/** The details of a code that has none. */
type NoDetails = Readonly<Record<never, never>>;
type DetailsArgument<Details> = NoDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The error class of the simulator: a stable code, a message for people, and the details of that code.
 */
export class SimError<Code extends SimErrorCode = SimErrorCode> extends Error {
  readonly code: Code;
  readonly details: SimErrorDetails[Code];

  constructor(code: Code, message: string, ...[details]: DetailsArgument<SimErrorDetails[Code]>);
  constructor(code: Code, message: string, details: SimErrorDetails[Code]) {
    super(message);
    this.name = 'SimError';
    this.code = code;
    this.details = details ?? {};
  }

  /** Narrows to the default type argument; without it, `instanceof` narrows a generic class to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is SimError {
    return Function.prototype[Symbol.hasInstance].call(SimError, value);
  }
}
