import type { Watch } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { formatTime } from '../app/time.ts';
import { Changes } from '../watches/changes.tsx';
import { Deliveries } from '../watches/deliveries.tsx';
import { EditAlerts } from '../watches/edit-alerts.tsx';
import { alertsQuery, changesQuery, runsQuery, watchQuery } from '../watches/queries.ts';
import { HistoryStrip, StripLegend } from '../watches/strip.tsx';
import { WatchActions } from '../watches/watch-actions.tsx';
import { formatInterval, KINDS, stateOf } from '../watches/words.ts';
import { NotFoundPage } from './not-found.tsx';

/** A watch: its history as a strip, its changes, and its alerts. */
export function WatchPage() {
  const id = Number(useParams().id ?? Number.NaN);
  return Number.isSafeInteger(id) ? <Loaded key={id} id={id} /> : <NotFoundPage />;
}

function Loaded({ id }: { readonly id: number }) {
  const { data, error, refetch } = useQuery(watchQuery(id));
  if (data !== undefined) return <Shown watch={data} />;
  return (
    <>
      <title>{`Watch ${id} · Reverse Traceroute`}</title>
      <h1>Watch {id}</h1>
      {error === null ? <p role="status">Loading …</p> : <Problem error={error} onRetry={() => void refetch()} />}
    </>
  );
}

function Shown({ watch }: { readonly watch: Watch }) {
  const { id, name, source, destination, intervalSeconds, nextRunAt } = watch;
  const runs = useQuery(runsQuery(id));
  const changes = useQuery(changesQuery(id));
  const alerts = useQuery(alertsQuery(id));
  const navigate = useNavigate();
  return (
    <article>
      <title>{`${name} · Watches · Reverse Traceroute`}</title>
      <h1>{name}</h1>
      <p className="lead">
        The path from <span className="mono">{destination}</span> back to <span className="mono">{source}</span>
      </p>
      <dl>
        <dt>Measured every</dt>
        <dd>{formatInterval(intervalSeconds)}</dd>
        <dt>State</dt>
        <dd>{stateOf(watch)}</dd>
        <dt>Next run</dt>
        <dd>{nextRunAt === undefined ? 'none' : formatTime(Date.parse(nextRunAt))}</dd>
        <dt>Alerts</dt>
        <dd>{channelsOf(watch)}</dd>
      </dl>
      {watch.alerts.webhookDisabledAt !== undefined && (
        <p className="caveat">
          The webhook is disabled since {formatTime(Date.parse(watch.alerts.webhookDisabledAt))}, because it did not
          accept messages. Send a test message to enable it again.
        </p>
      )}
      <p>
        <WatchActions watch={watch} onDeleted={() => void navigate('/watches')} />{' '}
        <Link to="/watches">All watches</Link>
      </p>
      <EditAlerts watch={watch} />
      <section>
        <h2>History</h2>
        <Problem error={runs.error} onRetry={() => void runs.refetch()} />
        {runs.data?.length === 0 && <p>No run yet. The first one begins within seconds.</p>}
        {runs.data !== undefined && runs.data.length > 0 && (
          <>
            <HistoryStrip runs={runs.data} />
            <StripLegend />
          </>
        )}
      </section>
      <section>
        <h2>Changes</h2>
        <Problem error={changes.error} onRetry={() => void changes.refetch()} />
        {changes.data !== undefined && <Changes changes={changes.data} />}
      </section>
      <section>
        <h2>Alerts</h2>
        <Problem error={alerts.error} onRetry={() => void alerts.refetch()} />
        {alerts.data !== undefined && <Deliveries alerts={alerts.data} />}
      </section>
    </article>
  );
}

function channelsOf({ alerts: { on, mail, webhook } }: Watch): string {
  const channels = [...(mail ? ['mail'] : []), ...(webhook === null ? [] : [webhook])];
  if (channels.length === 0 || on.length === 0) return 'none';
  return `${channels.join(', ')} about ${on.map((kind) => KINDS[kind]).join(', ')}`;
}
