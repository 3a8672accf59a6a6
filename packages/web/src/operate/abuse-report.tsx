import type { AbuseReport } from '@revtr/client';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { visibleValue } from '../app/visible-text.ts';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { ProbeTable } from './probe-table.tsx';
import { optOutsQuery } from './queries.ts';

const DAYS = 7;

/** Answers a complaint in one step: stops the probes to the network, and shows what was sent there. */
export function AbuseReportForm() {
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const [days, setDays] = useState(DAYS);
  const { mutate, data, error, isPending } = useChange([optOutsQuery.queryKey], async () =>
    visibleValue(await client.fleet.reportAbuse(target.trim(), reason, days)),
  );
  return (
    <section>
      <h2>Somebody complained</h2>
      <p className="hint">
        The network goes on the opt-out list at once, and all agents stop sending to it. The report below says what was
        sent there, by whom, and for whom.
      </p>
      <form className="filters" onSubmit={submitting(mutate)}>
        <label>
          Address or prefix
          <input
            className="mono"
            required
            maxLength={50}
            placeholder="192.0.2.0/24"
            value={target}
            onChange={(event) => setTarget(event.target.value)}
          />
        </label>
        <label>
          Who complained, and when
          <input required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        </label>
        <label>
          Days to look back
          <input
            type="number"
            required
            min={1}
            max={365}
            value={days}
            onChange={(event) => setDays(event.target.valueAsNumber)}
          />
        </label>
        <button type="submit" disabled={isPending}>
          Stop probes and report
        </button>
      </form>
      <Problem error={error} />
      {data !== undefined && <Report report={data} />}
    </section>
  );
}

function Report({ report }: { readonly report: AbuseReport }) {
  const { prefix, since, probes, packets, byAgent, byTarget, byUser, records } = report;
  return (
    <section className="application" aria-label={`Report about ${prefix}`}>
      <p role="status">
        <strong className="mono">{prefix}</strong> is on the opt-out list.{' '}
        {probes === 0 ? (
          <>
            Nothing was sent there since <Time at={since} />.
          </>
        ) : (
          <>
            {formatCount(probes)} probes with at most {formatCount(packets)} packets were sent there since{' '}
            <Time at={since} />.
          </>
        )}
      </p>
      {probes > 0 && (
        <>
          <dl>
            <dt>By agent</dt>
            <dd className="mono">{counted(byAgent.map(({ agent, probes: count }) => [agent, count]))}</dd>
            <dt>To address</dt>
            <dd className="mono">{counted(byTarget.map(({ target, probes: count }) => [target, count]))}</dd>
            <dt>For user</dt>
            <dd>
              {byUser.map(({ user, probes: count }) => (
                <span key={user?.id ?? 0}>
                  {user === undefined ? (
                    'the system'
                  ) : (
                    <Link to={`/operate/users?user=${user.id}`}>{user.email ?? `user ${user.id}`}</Link>
                  )}{' '}
                  ({formatCount(count)}){' '}
                </span>
              ))}
            </dd>
          </dl>
          <ProbeTable label={`Newest probes to ${prefix}`} records={records} />
        </>
      )}
    </section>
  );
}

const counted = (entries: readonly (readonly [string, number])[]): string =>
  entries.map(([name, count]) => `${name} (${formatCount(count)})`).join(', ');
