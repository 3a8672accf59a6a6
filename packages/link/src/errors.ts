/** Why a grant is refused. */
export type GrantFault =
  | 'malformed'
  | 'wrongSignature'
  | 'expired'
  | 'notYetValid'
  | 'fromBeforeStart'
  | 'replayed'
  | 'otherSender';

type NoDetails = Readonly<Record<never, never>>;

/** The stable codes of {@link LinkError}, and the details that each code carries. */
export interface LinkErrorDetails {
  /** The peer sent bytes that are not a message, or a message that it must not send now. */
  readonly badMessage: NoDetails;
  /** The peer speaks another version of the protocol. */
  readonly badProtocol: { readonly expected: number; readonly received: number };
  /** A certificate, a certificate request or a key cannot be trusted or read. */
  readonly badCertificate: NoDetails;
  /** The controller refused the connection: the agent is not registered, or its certificate was replaced. */
  readonly unknownAgent: { readonly status: number };
  /** The controller refused the enrolment. */
  readonly enrolmentRefused: NoDetails;
  /** The grant does not allow the probe. */
  readonly badGrant: { readonly fault: GrantFault };
  /** An entry of an opt-out list is not a prefix. `row` counts from 0. */
  readonly badOptOut: { readonly entry: string; readonly row: number };
  /** A queue or list is full. */
  readonly overloaded: { readonly limit: number };
  /** The peer cannot be reached, or a port cannot be used. */
  readonly unreachable: { readonly host: string; readonly port: number };
  /** The session or connection ended before the work did. */
  readonly closed: NoDetails;
}
/** Stable codes of {@link LinkError}. */
export type LinkErrorCode = keyof LinkErrorDetails;

/** The error class of this package: a stable code, a message for a person, and details typed by the code. */
export class LinkError<Code extends LinkErrorCode = LinkErrorCode> extends Error {
  readonly code: Code;
  readonly details: LinkErrorDetails[Code];

  constructor(code: Code, message: string, details: LinkErrorDetails[Code]) {
    super(message);
    this.name = 'LinkError';
    this.code = code;
    this.details = details;
  }

  /** Whether a caught value is a {@link LinkError} with this code; narrows `details`. */
  static is<Code extends LinkErrorCode>(error: unknown, code: Code): error is LinkError<Code> {
    return error instanceof LinkError && error.code === code;
  }
}
