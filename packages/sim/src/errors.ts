/** What can be wrong with a simulated Internet. Codes are stable. */
export type SimErrorCode =
  | 'badParameters'
  | 'badRelationships'
  | 'unknownAddress'
  | 'unknownLink'
  | 'eventInThePast'
  | 'outOfAddresses';

/** The one error class of the simulator: a stable code, a sentence for a person, typed details. */
export class SimError extends Error {
  readonly code: SimErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: SimErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'SimError';
    this.code = code;
    this.details = details;
  }
}
