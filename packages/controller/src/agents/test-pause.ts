import type { RegisteredAgent } from './directory.ts';

/** Longest pause before an agent about which the tests could not say anything is tested again, milliseconds. */
const MOST_PAUSE_MS = 10 * 60_000;

/**
 * How long after its last test an agent that is not ready yet is tested again, milliseconds. The pauses between tests that could not be made become
 * longer: an agent that waits for hours for a partner should not probe others twice a minute.
 *
 * @param pollMs the shortest pause
 */
export function pauseBeforeTest(
  { state, last_tested_at, last_connected_at }: Pick<RegisteredAgent, 'state' | 'last_tested_at' | 'last_connected_at'>,
  pollMs: number,
): number {
  if (state !== 'testing' || last_tested_at === null || last_connected_at === null) return pollMs;
  return Math.max(pollMs, Math.min(MOST_PAUSE_MS, last_tested_at.getTime() - last_connected_at.getTime()));
}
