type NoDetails = Readonly<Record<never, never>>;

/** The stable codes of {@link BusError}, and the details that each code carries. */
export interface BusErrorDetails {
  /** The bus was closed. */
  readonly closed: NoDetails;
  /** The server of the bus cannot be reached, does not accept the credentials, or accepts no messages as large as those of the bus. */
  readonly unreachable: NoDetails;
  /** A message is larger than its topic or service allows; sizes in bytes. */
  readonly messageTooLarge: { readonly name: string; readonly bytes: number; readonly most: number };
  /** Too much work waits for a place in the window of a stream, or the processes that serve the name have as many streams as they allow. */
  readonly overloaded: { readonly limit: number };
  /** The process at the other end of a stream has ended, or cannot be reached any more. */
  readonly peerLost: { readonly service: string; readonly name: string };
  /** No process serves this name. */
  readonly notServed: { readonly service: string; readonly name: string };
  /** The other end failed to handle a request, or sent something that its service does not allow. */
  readonly failed: { readonly service: string; readonly name: string };
}
/** Stable codes of {@link BusError}. */
export type BusErrorCode = keyof BusErrorDetails;

/** The error class of this package: a stable code, a message for a person, and details typed by the code. */
export class BusError<Code extends BusErrorCode = BusErrorCode> extends Error {
  readonly code: Code;
  readonly details: BusErrorDetails[Code];

  constructor(code: Code, message: string, details: BusErrorDetails[Code]) {
    super(message);
    this.name = 'BusError';
    this.code = code;
    this.details = details;
  }

  /** Whether a caught value is a {@link BusError} with this code; narrows `details`. */
  static is<Code extends BusErrorCode>(error: unknown, code: Code): error is BusError<Code> {
    return error instanceof BusError && error.code === code;
  }
}
