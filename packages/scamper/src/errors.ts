/** The details that belong to each error code of this package. Codes are stable. */
export interface ScamperErrorDetails {
  /** Bytes that are not a warts record. `offset` is the position of the record in the stream, in bytes. */
  readonly badWarts: { readonly offset: number };
  /** A record whose contents run past its end, or a file that ends inside a record. `offset` as in `badWarts`. */
  readonly truncatedWarts: { readonly offset: number };
  /** An address that cannot be written to a warts file. */
  readonly badAddress: { readonly address: string };
  /** A message on the control socket that does not follow scamper's protocol. `received` holds at most its first 80 bytes. */
  readonly badProtocol: { readonly received: string };
  /** scamper did not create its control socket. `output` holds the last 500 characters of its standard error. */
  readonly startFailed: { readonly program: string; readonly output: string };
  /** The driver was stopped, or scamper ended repeatedly while it ran the command. */
  readonly stopped: { readonly attempts: number };
  /** scamper, or the driver on its behalf, rejected the command. */
  readonly refused: { readonly command: string; readonly answer: string };
  /** Too many commands wait for scamper. */
  readonly queueFull: { readonly limit: number };
}

export type ScamperErrorCode = keyof ScamperErrorDetails;

type Arguments = {
  [Code in ScamperErrorCode]: [code: Code, message: string, details: ScamperErrorDetails[Code]];
}[ScamperErrorCode];

/** The only error class of this package: a stable code, a message for people, and the details of that code. */
export class ScamperError extends Error {
  readonly code: ScamperErrorCode;
  readonly details: ScamperErrorDetails[ScamperErrorCode];

  constructor(...[code, message, details]: Arguments) {
    super(message);
    this.name = 'ScamperError';
    this.code = code;
    this.details = details;
  }
}
