import type { AgentDetails } from '@revtr/client';
import { sentence } from '../app/problem.tsx';

interface Step {
  readonly title: string;
  readonly state: 'done' | 'now' | 'later' | 'failed';
  readonly detail: string;
}

/** The way of a source from its approval to its first measurement, as far as it has come. */
export function Checklist({ agent }: { readonly agent: AgentDetails }) {
  return (
    <section>
      <h2>State: {agent.state}</h2>
      <ol className="checklist">
        {stepsOf(agent).map(({ title, state, detail }) => (
          <li key={title} data-state={state}>
            <strong>{title}</strong> <span className="mark">{MARKS[state]}</span>
            <span className="hint"> {detail}</span>
          </li>
        ))}
      </ol>
      {agent.quarantine !== undefined && (
        <p className="caveat">
          In quarantine: {sentence(agent.quarantine.reason)}{' '}
          {agent.quarantine.until === undefined
            ? 'An operator must end it.'
            : `It is tested again at ${agent.quarantine.until}.`}
        </p>
      )}
    </section>
  );
}

const MARKS = { done: '✓ done', now: '… in progress', later: 'not yet', failed: '✗ failed' } as const;

function stepsOf(agent: AgentDetails): Step[] {
  const { state, connected, lastConnectedAt, atlas } = agent;
  const { traceroutes, reason } = atlas;
  return [
    { title: 'Approved', state: 'done', detail: '' },
    {
      title: 'Agent connected',
      state: connectionOf(agent),
      detail: connected || lastConnectedAt === undefined ? '' : `last seen ${lastConnectedAt}`,
    },
    { title: 'Tests passed', state: testsOf(agent), detail: '' },
    {
      title: 'Atlas collected',
      state: collectionOf(agent),
      detail: `${traceroutes.toLocaleString('en')} paths${reason === undefined ? '' : `; ${reason}`}`,
    },
    { title: 'Ready', state: state === 'ready' ? 'done' : 'later', detail: '' },
  ];
}

const isPastTests = ({ state }: AgentDetails): boolean => state === 'preparing' || state === 'ready';

function connectionOf(agent: AgentDetails): Step['state'] {
  if (agent.connected) return 'done';
  if (agent.lastConnectedAt !== undefined) return 'failed';
  return isPastTests(agent) ? 'later' : 'now';
}

function testsOf(agent: AgentDetails): Step['state'] {
  const verdict = agent.tests[0]?.report.verdict;
  if (verdict === 'failed') return 'failed';
  if (verdict === 'passed') return 'done';
  return agent.state === 'testing' ? 'now' : 'later';
}

function collectionOf({ state, atlas }: AgentDetails): Step['state'] {
  if (state === 'ready') return 'done';
  if (atlas.state === 'failed') return 'failed';
  return state === 'preparing' ? 'now' : 'later';
}
