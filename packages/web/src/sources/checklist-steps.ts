import type { AgentDetails, Application } from '@revtr/client';

/** A step of a source from the application to its first measurement. */
export interface Step {
  readonly title: string;
  readonly state: 'done' | 'now' | 'later' | 'failed';
  readonly detail: string;
}

/** The steps until an operator has decided. */
export function applicationSteps({ state, note }: Application): readonly Step[] {
  const isConfirmed = state !== 'unverified';
  const decision = { pending: 'now', approved: 'done', refused: 'failed', unverified: 'later' } as const;
  return [
    { title: 'Applied', state: 'done', detail: '' },
    {
      title: 'E-mail address confirmed',
      state: isConfirmed ? 'done' : 'now',
      detail: isConfirmed ? '' : 'open the link in the mail; it works once, for 72 hours',
    },
    {
      title: 'Approved by an operator',
      state: decision[state],
      detail: state === 'pending' ? 'you receive a mail' : note,
    },
  ];
}

/** The steps of an agent that was approved. Without one, all of them come later. */
export function agentSteps(agent: AgentDetails | undefined): readonly Step[] {
  return [
    { title: 'Agent connected', ...connectionOf(agent) },
    { title: 'Tests passed', ...testsOf(agent) },
    { title: 'Atlas collected', ...collectionOf(agent) },
    { title: 'Ready', state: agent?.state === 'ready' ? 'done' : 'later', detail: '' },
  ];
}

type Outcome = Omit<Step, 'title'>;
const WAITING = 'waits for agents that it can be tested with; see the tests below';
const REPEATED = 'some could not be made when they were last repeated; see the tests below';
const LATER: Outcome = { state: 'later', detail: '' };

function connectionOf(agent: AgentDetails | undefined): Outcome {
  if (agent === undefined) return LATER;
  if (agent.connected) return { state: 'done', detail: '' };
  const { lastConnectedAt } = agent;
  if (lastConnectedAt === undefined) return { state: 'now', detail: 'start the agent on the machine' };
  return { state: 'failed', detail: `last seen ${lastConnectedAt}` };
}

function testsOf(agent: AgentDetails | undefined): Outcome {
  if (agent === undefined) return LATER;
  const { state, tests } = agent;
  const verdict = tests[0]?.report.verdict;
  if (state === 'testing') return { state: 'now', detail: verdict === 'notTested' ? WAITING : 'a few seconds' };
  if (verdict === 'failed') return { state: 'failed', detail: 'see the tests below' };
  // It passed before: nothing else leads to this state.
  if (state === 'ready' && verdict === 'notTested') return { state: 'done', detail: REPEATED };
  return { state: verdict === 'passed' ? 'done' : 'later', detail: '' };
}

function collectionOf(agent: AgentDetails | undefined): Outcome {
  if (agent === undefined) return LATER;
  const { state, atlas } = agent;
  const paths = `${atlas.traceroutes.toLocaleString('en')} paths`;
  const detail = atlas.reason === undefined ? paths : `${paths}; ${atlas.reason}`;
  if (state === 'ready') return { state: 'done', detail };
  if (atlas.state === 'failed') return { state: 'failed', detail };
  return state === 'preparing' ? { state: 'now', detail } : LATER;
}
