import type { Application } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { agentQuery } from '../app/queries.ts';
import { Checklist, Quarantine } from './checklist.tsx';
import { agentSteps, applicationSteps } from './checklist-steps.ts';
import { InstallAgent } from './install-agent.tsx';
import { Tests } from './tests.tsx';

const POLL_MS = 2_000;

/** An application and what became of it, live until the source is ready. */
export function Onboarding({ application }: { readonly application: Application }) {
  const { address, state } = application;
  const { data: agent, error } = useQuery({
    ...agentQuery(address),
    enabled: state === 'approved',
    refetchInterval: (query) => (query.state.data?.state === 'ready' ? false : POLL_MS),
  });
  return (
    <article className="application" aria-label={`Source ${address}`}>
      <h3>
        <Link className="mono" to={`/sources/${address}`}>
          {address}
        </Link>{' '}
        <span className="hint breakable">{application.hosting}</span>
      </h3>
      <Checklist steps={[...applicationSteps(application), ...agentSteps(agent)]} />
      <Problem error={error} />
      {agent !== undefined && <Quarantine agent={agent} />}
      {agent?.state === 'ready' && (
        <p role="status">
          Your source is ready. <Link to={`/?to=${address}`}>Measure a path back to it</Link>
        </p>
      )}
      {agent !== undefined && !agent.connected && agent.lastConnectedAt === undefined && <InstallAgent />}
      {agent !== undefined && agent.tests.length > 0 && <Tests tests={agent.tests.slice(0, 1)} />}
    </article>
  );
}
