import type { MeasurementResult } from '@revtr/client';
import { sentence } from '../app/problem.tsx';
import { formatTime } from '../app/time.ts';

/** Why a path ends before the source, and what the reader can do. */
export interface PathEnd {
  readonly reason: string;
  readonly advice: string;
  /** Whether the same measurement may succeed when assumptions across borders are allowed. */
  readonly mayAssume: boolean;
}

const ADVICE: Readonly<Record<string, string>> = {
  interdomainSymmetry: 'Measure again and allow assumptions across borders, or accept the part that was measured.',
  tracerouteFailed: 'The last hop does not answer. Try another destination in its network, or another source.',
  noSymmetricHop: 'Try another destination in the same network, or another source.',
  noHops: 'Try another destination in the same network, or another source.',
  tooManySteps: 'This is unusual. Report it to the operators with the tab Raw.',
  sourceOffline: 'The source lost its connection. Choose another source, or measure again later.',
  probingFailed: 'Measure again in a minute.',
  expired: 'The system has too much to do. Measure again later.',
  killSwitch: 'Ask the operators of this system.',
  internal: 'Measure again. The operators find the cause in the log.',
};
const REASONS: Readonly<Record<string, string>> = {
  interdomainSymmetry: 'The next hop would be a guess across the border of a network.',
  tracerouteFailed: 'No technique found the next hop.',
  noSymmetricHop: 'No technique found the next hop.',
  noHops: 'No technique found the next hop.',
};

/** Why the path ends; `undefined` when it reaches the source. */
export function pathEndOf({
  stopReason,
  failReason,
}: Pick<MeasurementResult, 'stopReason' | 'failReason'>): PathEnd | undefined {
  if (stopReason === 'reaches' || stopReason === 'trivial') return undefined;
  if (failReason === undefined)
    return { reason: 'The measurement was cancelled.', advice: 'Measure again.', mayAssume: false };
  const { code, message, retryAt } = failReason;
  const known = REASONS[code];
  return {
    reason: known === undefined ? sentence(message) : `${known} (${message})`,
    advice:
      retryAt === undefined ? (ADVICE[code] ?? 'Measure again later.') : `Measure again after ${formatTime(retryAt)}.`,
    mayAssume: code === 'interdomainSymmetry',
  };
}
