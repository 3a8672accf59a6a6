import type { RoundState } from '../timing/round-deadline.ts';

/** Interval at which the original looks for answers, milliseconds. */
export const TICK_MS = 5_000;
/** How long the original waits for the first answer, milliseconds. */
export const SPOOF_TIMEOUT_MS = 20_000;

/**
 * Deadline of a round in the original: it looks for answers every 5 s, and stops at the second look after the first answer. Without any
 * answer it stops one look after the timeout.
 */
export function tickDeadline({ firstAnswerMs }: RoundState): number {
  if (firstAnswerMs === undefined) return SPOOF_TIMEOUT_MS + TICK_MS;
  return (Math.floor(firstAnswerMs / TICK_MS) + 2) * TICK_MS;
}
