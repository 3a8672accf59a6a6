import { ClientError } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { accountQuery, agentQuery, sourcesQuery } from '../app/queries.ts';
import { AtlasSection } from '../sources/atlas-section.tsx';
import { Checklist, Quarantine } from '../sources/checklist.tsx';
import { agentSteps } from '../sources/checklist-steps.ts';
import { InstallAgent } from '../sources/install-agent.tsx';
import { Tests } from '../sources/tests.tsx';
import { VisibilityForm } from '../sources/visibility-form.tsx';

const POLL_MS = 5_000;
/** States in which something is about to happen. */
const MOVING = new Set(['expected', 'testing', 'preparing']);

/** One source. Its host sees tests, atlas and sharing; everybody else sees that it can be measured to. */
export function SourcePage() {
  const address = useParams().address ?? '';
  const { data: account } = useQuery(accountQuery);
  const sources = useQuery(sourcesQuery);
  const agent = useQuery({
    ...agentQuery(address),
    enabled: account !== null && account !== undefined,
    refetchInterval: ({ state: { data } }) => (data !== undefined && MOVING.has(data.state) ? POLL_MS : false),
  });
  const listed = sources.data?.find(({ ip }) => ip === address);
  const isForeign = agent.error instanceof ClientError && agent.error.code === 'notFound';
  const isUnknown = sources.isSuccess && listed === undefined && (account === null || isForeign);
  return (
    <>
      <title>{`Source ${address} · Reverse Traceroute`}</title>
      <h1>
        {agent.data?.kind === 'vantagePoint' ? 'Vantage point' : 'Source'} <span className="mono">{address}</span>
      </h1>
      <p className="lead">
        {[agent.data?.hostname ?? listed?.hostname, agent.data?.site ?? listed?.site].filter(Boolean).join(' · ')}
      </p>
      {listed !== undefined && (
        <p>
          <Link to={`/?to=${address}`}>Measure a path back to this source</Link>
        </p>
      )}
      {isUnknown && <p>There is no such source, or it is not shared with you.</p>}
      {!isForeign && <Problem error={agent.error} onRetry={() => void agent.refetch()} />}
      {agent.data !== undefined && (
        <>
          <section>
            <h2>State: {agent.data.state === 'quarantined' ? 'in quarantine' : agent.data.state}</h2>
            {agent.data.kind === 'source' && <Checklist steps={agentSteps(agent.data)} />}
            <Quarantine agent={agent.data} />
            {agent.data.kind === 'source' && agent.data.state === 'expected' && <InstallAgent />}
          </section>
          {agent.data.kind === 'source' && (
            <>
              <AtlasSection source={address} />
              <VisibilityForm source={address} />
            </>
          )}
          <Tests tests={agent.data.tests} />
        </>
      )}
    </>
  );
}
