/** What can go wrong with scamper and its files. Codes are stable. */
export type ScamperErrorCode = 'badWarts' | 'truncatedWarts' | 'badProtocol' | 'startFailed' | 'stopped' | 'refused';

/** The one error class of this package: a stable code, a sentence for a person, typed details. */
export class ScamperError extends Error {
  readonly code: ScamperErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ScamperErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'ScamperError';
    this.code = code;
    this.details = details;
  }
}
