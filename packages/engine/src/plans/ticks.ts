import type { RoundState } from '../timing/round.ts';

export const TICK_MS = 5_000;
export const SPOOF_TIMEOUT_MS = 20_000;

/**
 * The original's waiting rule: every 5 s it looks; it stops at the second look after the first answer, and without any
 * answer one look after the timeout.
 */
export function tickDeadline({ firstAnswerMs }: RoundState): number {
  if (firstAnswerMs === undefined) return SPOOF_TIMEOUT_MS + TICK_MS;
  return (Math.floor(firstAnswerMs / TICK_MS) + 2) * TICK_MS;
}
