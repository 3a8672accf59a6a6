import type { Watch, WatchChange, WatchRun } from '@revtr/client';

export type ChangeKind = WatchChange['kinds'][number];

/** What can change, in the order in which forms list it. */
export const KINDS: Readonly<Record<ChangeKind, string>> = {
  path: 'routers',
  asPath: 'networks',
  reach: 'whether the path is complete',
  rtt: 'round-trip time',
};
export const CHANGE_KINDS = Object.keys(KINDS) as ChangeKind[];

export const REACH: Readonly<Record<NonNullable<WatchRun['reach']>, string>> = {
  reached: 'complete',
  throughNeighbour: 'measured through a neighbour, because the destination did not answer',
  notReached: 'incomplete',
};

const REASONS: Readonly<Record<NonNullable<Watch['pauseReason']>, string>> = {
  byUser: 'you paused it',
  userDisabled: 'your account is disabled',
  keyRevoked: 'the API key that created or resumed it was revoked',
  keyExpired: 'the API key that created or resumed it has expired',
  sourceRemoved: 'its source was withdrawn',
  sourceNotPermitted: 'you may not measure to its source any more',
  destinationRefused: 'its destination may not be probed',
};

/** Whether a watch measures, and if not, why. */
export const stateOf = ({ state, pauseReason }: Watch): string =>
  state === 'active' ? 'active' : `paused${pauseReason === undefined ? '' : `: ${REASONS[pauseReason]}`}`;

/** The intervals that forms offer, seconds. */
export const INTERVALS: readonly (readonly [seconds: number, text: string])[] = [
  [60, '1 minute'],
  [300, '5 minutes'],
  [900, '15 minutes'],
  [3_600, '1 hour'],
  [21_600, '6 hours'],
  [86_400, '1 day'],
];

/** An interval for people. */
export function formatInterval(seconds: number): string {
  const known = INTERVALS.find(([length]) => length === seconds);
  if (known !== undefined) return known[1];
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The letter of a path, from A; the letters begin again after Z. */
export const letterOf = (path: number): string => LETTERS[(path - 1) % LETTERS.length] ?? '?';
