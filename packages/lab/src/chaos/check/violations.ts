/** Kinds of violations, and what each means. */
export const VIOLATIONS = {
  unsubmitted: 'the clients did not submit a planned batch',
  unanswered: 'the server neither accepted nor refused a batch',
  refused: 'the server refused a valid request',
  leftOut: 'the server left a valid pair out of a batch',
  keyReused: 'one idempotency key got different answers',
  lostBatch: 'a batch was accepted and is not stored',
  lostPair: 'a pair of an accepted batch is not stored',
  extraPair: 'a stored batch has a pair that nobody submitted',
  notEnded: 'an accepted measurement has not ended',
  endedTwice: 'a measurement has ended more than once',
  uncountedEnd: 'a measurement has ended, and the trigger that counts ends did not see it',
  brokenMeasurement: 'a measurement ended because of a defect of the controller',
  duplicateBatch: 'a batch is stored that no accepted request explains',
  orphan: 'a measurement without a batch is stored',
  changedResult: 'a result has changed after a client was told',
  wrongStopReason: 'a client was told another stop reason than the database holds',
  lostCancellation: 'a cancelled batch is not stored as cancelled',
  unaskedCancellation:
    'a measurement ended as cancelled although nobody cancelled its batch or stopped its destination',
  unread: 'an accepted batch was not read at the end',
  incompleteReading: 'the last reading of a batch does not show each of its measurements once',
  strangeProbe:
    'a probe was audited for a measurement that nobody submitted, for unknown work of the system, or for nothing',
  unconfirmedRestriction: 'an operator forbade probes, and the server did not confirm it',
  lostRestriction: 'the server confirmed that probes are forbidden, and does not know it any more',
  forbiddenProbe: 'a probe left although an operator had forbidden it, and every process had to know that',
  fewReached: 'fewer pairs than usual reached their source, of those that nobody forbade or cancelled',
} as const;
export type ViolationKind = keyof typeof VIOLATIONS;

/** Something that must not happen. */
export interface Violation {
  readonly kind: ViolationKind;
  /** What it is about, for example `measurement 12`. */
  readonly subject: string;
}

/** Notes a violation. */
export type AddViolation = (kind: ViolationKind, subject: string) => void;
