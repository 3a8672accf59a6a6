import { expect, it } from 'vitest';
import { pauseBeforeTest } from '../src/agents/test-pause.ts';

const MINUTE_MS = 60_000;
const POLL_MS = MINUTE_MS / 2;
const agent = (state: 'testing' | 'preparing', connected: number | null, tested: number | null) => ({
  state,
  last_connected_at: connected === null ? null : new Date(connected * MINUTE_MS),
  last_tested_at: tested === null ? null : new Date(tested * MINUTE_MS),
});

it.each([
  ['is short for an agent that was never tested', agent('testing', 100, null), 0.5],
  ['is short for an agent that has never connected', agent('testing', null, 100), 0.5],
  ['is short for an agent that was last tested before it connected', agent('testing', 100, 50), 0.5],
  ['is short at first', agent('testing', 100, 100), 0.5],
  ['becomes as long as the agent has waited', agent('testing', 100, 104), 4],
  ['is at most ten minutes', agent('testing', 100, 1_000), 10],
  ['is short for a source whose atlas could not be collected', agent('preparing', 100, 104), 0.5],
] as const)('the pause before the next test %s', (_, of, minutes) => {
  expect(pauseBeforeTest(of, POLL_MS)).toBe(minutes * MINUTE_MS);
});
