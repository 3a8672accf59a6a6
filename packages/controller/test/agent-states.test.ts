import type { AgentState } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { mayFollow, needsTestsFirst, participates } from '../src/agents/agent-states.ts';

const STATES: readonly AgentState[] = ['expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn'];
/** As the design and the guide for hosts tell it: a row for each state, with an x where the column's state may follow. */
const TABLE = `
             expected testing preparing ready quarantined withdrawn
expected     x        x       .         .     x           x
testing      .        x       x         x     x           x
preparing    .        .       x         x     x           x
ready        .        .       .         x     x           x
quarantined  .        x       .         .     x           x
withdrawn    x        .       .         .     .           x
`;
const moves = TABLE.trim()
  .split('\n')
  .slice(1)
  .flatMap((line, row) => {
    const [, ...marks] = line.split(/\s+/);
    return marks.map((mark, column) => [STATES[row], STATES[column], mark === 'x'] as const);
  });

describe('the states of an agent', () => {
  it('are all in the table', () => {
    expect(moves).toHaveLength(STATES.length ** 2);
  });

  it.each(moves)('%s may be followed by %s: %s', (from, to, isAllowed) => {
    expect(mayFollow(from, to)).toBe(isAllowed);
  });

  it('lead from withdrawn to participation only by a new registration and new tests', () => {
    const next = STATES.filter((state) => state !== 'withdrawn' && mayFollow('withdrawn', state));
    expect(next).toEqual(['expected']);
    expect(next.filter(participates)).toEqual([]);
    expect(next.every(needsTestsFirst)).toBe(true);
  });

  it('let no agent participate that was never tested or is withdrawn', () => {
    expect(STATES.filter((state) => !participates(state))).toEqual(['expected', 'withdrawn']);
  });
});
