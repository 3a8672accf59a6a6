/** Why watches are paused, and what people are told. */
export const PAUSE_REASONS = {
  byUser: 'you paused it',
  userDisabled: 'an operator disabled your account',
  keyRevoked: 'the API key that created or resumed it was revoked',
  keyExpired: 'the API key that created or resumed it has expired',
  sourceRemoved: 'its source was withdrawn',
  sourceNotPermitted: 'you may not measure to its source any more',
  destinationRefused: 'its destination may not be probed',
} as const;
export type PauseReason = keyof typeof PAUSE_REASONS;

/** Whether a stored text is a reason. */
export const isPauseReason = (text: string): text is PauseReason => text in PAUSE_REASONS;
