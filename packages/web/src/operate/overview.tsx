import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { agentsQuery, applicationsQuery } from '../app/queries.ts';
import {
  circuitsQuery,
  datasetsQuery,
  killSwitchesQuery,
  mailsQuery,
  optOutRequestsQuery,
  queueQuery,
} from './queries.ts';

interface Fact {
  readonly path: string;
  readonly text: string;
  /** Whether an operator should look at it. */
  readonly needsYou: boolean;
}

/** What needs the attention of an operator, and how the system is. */
export function Overview() {
  const switches = useQuery(killSwitchesQuery);
  const applications = useQuery(applicationsQuery);
  const requests = useQuery(optOutRequestsQuery);
  const agents = useQuery(agentsQuery);
  const circuits = useQuery(circuitsQuery);
  const queue = useQuery(queueQuery);
  const mails = useQuery(mailsQuery);
  const datasets = useQuery(datasetsQuery);
  const all = [switches, applications, requests, agents, circuits, queue, mails, datasets];
  const failure = all.find(({ error }) => error !== null);
  if (failure !== undefined) return <Problem error={failure.error} onRetry={() => void failure.refetch()} />;
  const registered = (agents.data ?? []).filter(({ state }) => state !== 'withdrawn');
  const facts: readonly Fact[] = [
    fact('kill-switches', switches.data?.length, 'is stopped by a kill switch', 'are stopped by kill switches'),
    fact(
      'applications',
      applications.data?.filter(({ state }) => state === 'pending').length,
      'application waits for a decision',
      'applications wait for a decision',
    ),
    fact(
      'opt-outs',
      requests.data?.filter(({ state }) => state === 'pending').length,
      'request to opt out is not proved',
      'requests to opt out are not proved',
    ),
    fact(
      'agents',
      registered.filter(({ state }) => state === 'quarantined').length,
      'agent is in quarantine',
      'agents are in quarantine',
    ),
    fact(
      'agents',
      registered.filter(({ connected }) => !connected).length,
      'agent is not connected',
      'agents are not connected',
    ),
    fact('budgets', circuits.data?.length, 'network is suspended', 'networks are suspended'),
    fact(
      'mails',
      mails.data?.filter(({ sentAt }) => sentAt === undefined).length,
      'mail is not sent',
      'mails are not sent',
    ),
    fact(
      'datasets',
      datasets.data?.filter(({ failure: failed }) => failed !== undefined).length,
      'dataset could not be replaced',
      'datasets could not be replaced',
    ),
  ];
  const needed = facts.filter(({ needsYou }) => needsYou);
  const isLoading = all.some(({ isPending }) => isPending);
  return (
    <>
      <section>
        <h2>Needs your attention</h2>
        {isLoading && <p role="status">Loading …</p>}
        {!isLoading && needed.length === 0 && <p>Nothing.</p>}
        <ul>
          {needed.map(({ path, text }) => (
            <li key={text}>
              <Link to={`/operate/${path}`}>{text}</Link>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>The system</h2>
        <dl>
          <dt>Queue</dt>
          <dd>
            {queue.data !== undefined && (
              <>
                {formatCount(queue.data.running)} measurements under way, {formatCount(queue.data.queued)} waiting
              </>
            )}
          </dd>
          <dt>Sources</dt>
          <dd>{readiness(registered.filter(({ kind }) => kind === 'source'))}</dd>
          <dt>Vantage points</dt>
          <dd>{readiness(registered.filter(({ kind }) => kind === 'vantagePoint'))}</dd>
        </dl>
      </section>
    </>
  );
}

const fact = (path: string, count: number | undefined, one: string, many: string): Fact => ({
  path,
  text: `${formatCount(count ?? 0)} ${count === 1 ? one : many}`,
  needsYou: (count ?? 0) > 0,
});

const readiness = (agents: readonly { readonly state: string; readonly connected: boolean }[]): string =>
  `${agents.filter(({ state, connected }) => state === 'ready' && connected).length} of ${agents.length} are ready and connected`;
