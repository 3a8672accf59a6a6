/** Error codes of the chaos command and the details of each. Codes are stable. */
export interface ChaosErrorDetails {
  /** A file of an earlier run is missing, too large or invalid. */
  readonly unreadableRun: { readonly file: string };
}
export type ChaosErrorCode = keyof ChaosErrorDetails;

/** The error class of the chaos command. */
export class ChaosError<Code extends ChaosErrorCode = ChaosErrorCode> extends Error {
  readonly code: Code;
  readonly details: ChaosErrorDetails[Code];

  constructor(code: Code, message: string, details: ChaosErrorDetails[Code]) {
    super(message);
    this.name = 'ChaosError';
    this.code = code;
    this.details = details;
  }
}
