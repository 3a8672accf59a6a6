import { emptyStats } from '@revtr/engine';
import type { Job, KillSwitchRow } from '@revtr/storage';
import { stoppedBy } from '../safety/kill-switches.ts';
import type { StoredResult } from './stored-result.ts';

type FailReason = NonNullable<StoredResult['failReason']>;

/** How a measurement ends whose batch was cancelled. */
export const CANCELLED = { code: 'batchCancelled', message: 'the batch was cancelled before this measurement ended' };

/** How a measurement or raw probe ends that has waited longer than `longestWaitMs` in the queue. */
export function expiredReason(
  what: 'measurement' | 'probe',
  longestWaitMs: number,
): { readonly code: string; readonly message: string } {
  const hours = Math.round((10 * longestWaitMs) / 3_600_000) / 10;
  const time = hours === 1 ? '1 hour' : `${hours} hours`;
  return { code: 'expired', message: `the ${what} was still in the queue ${time} after it was submitted` };
}

/** The result of a measurement that failed because of a defect in the controller. */
export function brokenResult({ destination }: Job, now: number): StoredResult {
  const message = 'the measurement failed unexpectedly; the operator finds the cause in the log';
  return { ...emptyResult(now), failReason: { code: 'internal', message, hop: destination } };
}

const emptyResult = (now: number): StoredResult => ({
  plan: '',
  stopReason: 'failed',
  startedAt: now,
  endedAt: now,
  hops: [],
  stats: emptyStats(),
  attempts: [],
});

export const switchReason = ({ destination }: Job, found: KillSwitchRow): FailReason => ({
  code: 'killSwitch',
  message: stoppedBy(found),
  hop: destination,
});

/** The result of a measurement that was stopped before it began. Where the reason names no hop, the queue adds the destination. */
export const stoppedResult = <Reason extends Pick<FailReason, 'code' | 'message'>>(
  failReason: Reason,
  now: number,
) => ({
  ...emptyResult(now),
  stopReason: 'cancelled' as const,
  failReason,
});
