import type { AgentState } from '@revtr/storage';

/**
 * The states of an agent, and the states that may follow each:
 *
 * | state         | meaning                                                       | followed by                                 |
 * |---------------|---------------------------------------------------------------|---------------------------------------------|
 * | `expected`    | The address is registered; no agent has connected yet.        | `testing`, `quarantined`, `withdrawn`       |
 * | `testing`     | The agent is connected and its first tests run.               | `preparing`, `ready`, `quarantined`, `withdrawn` |
 * | `preparing`   | A source passed its tests; its atlas is being measured.       | `ready`, `quarantined`, `withdrawn`         |
 * | `ready`       | Measurements use the agent.                                   | `quarantined`, `withdrawn`                  |
 * | `quarantined` | The agent failed its tests, or an operator suspended it.      | `testing`, `withdrawn`                      |
 * | `withdrawn`   | The owner or an operator ended the agent's participation.     | `expected`                                  |
 *
 * Every state may also follow itself.
 */
const FOLLOWED_BY: Readonly<Record<AgentState, readonly AgentState[]>> = {
  expected: ['testing', 'quarantined', 'withdrawn'],
  testing: ['preparing', 'ready', 'quarantined', 'withdrawn'],
  preparing: ['ready', 'quarantined', 'withdrawn'],
  ready: ['quarantined', 'withdrawn'],
  quarantined: ['testing', 'withdrawn'],
  withdrawn: ['expected'],
};

/** States in which an agent sends probes, for measurements or for tests, and other agents may send with its address. */
const PARTICIPATING: ReadonlySet<AgentState> = new Set(['testing', 'preparing', 'ready', 'quarantined']);

/** Whether an agent may change from one state to another. */
export function mayFollow(from: AgentState, to: AgentState): boolean {
  return from === to || FOLLOWED_BY[from].includes(to);
}

/** Whether an agent in this state sends probes and may be claimed as the sender of spoofed probes. */
export function participates(state: AgentState): boolean {
  return PARTICIPATING.has(state);
}

/** Whether the controller tests an agent before it participates: nobody has tested it since it registered or was quarantined. */
export function needsTestsFirst(state: AgentState): boolean {
  return state === 'expected' || state === 'quarantined';
}
