import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { mayOperate } from '../app/may-operate.ts';
import { Problem } from '../app/problem.tsx';
import { accountQuery, applicationsQuery } from '../app/queries.ts';
import { ApplyForm } from '../sources/apply-form.tsx';
import { Onboarding } from '../sources/onboarding.tsx';

const POLL_MS = 3_000;
const WAY = [
  ['Apply with the form', 'a minute'],
  ['Confirm your e-mail address', 'with a mailed link; not necessary when you are logged in'],
  ['Wait for the decision of an operator', 'you receive a mail with a link to your API key'],
  ['Start the agent on the machine', 'it connects to the controller and opens no port'],
  ['Tests', 'pings, a traceroute, Record Route, and replies to spoofed probes; a few seconds'],
  ['Atlas', 'traceroutes to your source; a few minutes'],
] as const;

/** Applies to host a source, and shows the way of each application of the account until its source is ready. */
export function ApplyPage() {
  const { data: account } = useQuery(accountQuery);
  const applications = useQuery({
    ...applicationsQuery,
    enabled: account !== null && account !== undefined,
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === 'pending') ? POLL_MS : false),
  });
  // An operator reads all applications; this page is about the own ones.
  const own = (applications.data ?? []).filter(
    ({ email }) => account && (!mayOperate(account) || email.toLowerCase() === account.email.toLowerCase()),
  );
  return (
    <>
      <title>Apply to host a source · Reverse Traceroute</title>
      <h1>Host a source</h1>
      <p className="lead">
        Reverse paths can be measured to a source: a machine in your network on which you run the agent. It needs a
        public IPv4 address and replies to packets with IP options. <Link to="/docs/host-a-source">What it needs</Link>
      </p>
      {own.length > 0 && (
        <section>
          <h2>Your applications</h2>
          {own.map((application) => (
            <Onboarding key={application.id} application={application} />
          ))}
        </section>
      )}
      <Problem error={applications.error} onRetry={() => void applications.refetch()} />
      <div className="columns">
        <section>
          <h2>{own.length > 0 ? 'Apply for another address' : 'Apply'}</h2>
          {account === null && (
            <p className="hint">
              If you have an account, <Link to="/log-in?next=/sources/apply">log in</Link> first.
            </p>
          )}
          {account !== undefined && <ApplyForm account={account} />}
        </section>
        <section>
          <h2>What happens</h2>
          <ol>
            {WAY.map(([title, detail]) => (
              <li key={title}>
                <strong>{title}</strong> <span className="hint">{detail}</span>
              </li>
            ))}
          </ol>
        </section>
      </div>
    </>
  );
}
