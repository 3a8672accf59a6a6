import type { AgentDetails } from '@revtr/client';
import { sentence } from '../app/problem.tsx';
import type { Step } from './checklist-steps.ts';

const MARKS = { done: '✓ done', now: '… in progress', later: 'not yet', failed: '✗ failed' } as const;

/** Steps, and how far each one has come. */
export function Checklist({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol className="checklist">
      {steps.map(({ title, state, detail }) => (
        <li key={title} data-state={state}>
          <strong>{title}</strong> <span className="mark">{MARKS[state]}</span>
          {detail !== '' && <span className="hint"> {detail}</span>}
        </li>
      ))}
    </ol>
  );
}

/** Why an agent is in quarantine; nothing if it is not. */
export function Quarantine({ agent }: { readonly agent: Pick<AgentDetails, 'quarantine'> }) {
  const { quarantine } = agent;
  if (quarantine === undefined) return null;
  return (
    <p className="caveat">
      In quarantine: {sentence(quarantine.reason)}{' '}
      {quarantine.until === undefined ? 'An operator must end it.' : `It is tested again at ${quarantine.until}.`}
    </p>
  );
}
