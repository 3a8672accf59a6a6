import type { Budgets as BudgetsAnswer, Circuit } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { formatCount, formatShare } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { budgetsQuery, circuitsQuery } from './queries.ts';

/** Subjects that are shown at first. */
const FEW = 15;

/** The limits of probing, what is closest to them, and the networks whose probing is suspended. */
export function Budgets() {
  const budgets = useQuery(budgetsQuery);
  const circuits = useQuery(circuitsQuery);
  const [showsAll, setShowsAll] = useState(false);
  const closest = (budgets.data?.closest ?? []).toSorted((a, b) => b.share - a.share);
  return (
    <>
      <section>
        <h2>Suspended networks</h2>
        <p className="hint">
          A circuit breaker suspends the probing of a network when its answers change for the worse.{' '}
          <Link to="/docs/budgets">How</Link>
        </p>
        <Problem error={circuits.error} onRetry={() => void circuits.refetch()} />
        {circuits.data !== undefined && (
          <DataTable
            label="Suspended networks"
            columns={CIRCUITS}
            rows={circuits.data}
            keyOf={({ kind, subject }) => `${kind} ${subject}`}
            empty="No network is suspended."
          />
        )}
      </section>
      <Problem error={budgets.error} onRetry={() => void budgets.refetch()} />
      {budgets.data !== undefined && (
        <>
          <section>
            <h2>Closest to the daily limits</h2>
            <DataTable
              label="Closest to the daily limits"
              columns={USES}
              rows={showsAll ? closest : closest.slice(0, FEW)}
              keyOf={({ kind, subject }) => `${kind} ${subject}`}
              empty="No packet was sent today (UTC)."
            />
            {closest.length > FEW && !showsAll && (
              <button type="button" className="quiet" onClick={() => setShowsAll(true)}>
                Show all {closest.length}
              </button>
            )}
          </section>
          <section>
            <h2>Limits</h2>
            <p className="hint">
              A probe that would have to wait longer than {budgets.data.longestWaitSeconds} s is refused. The file in
              REVTR_BUDGETS changes the limits.
            </p>
            <DataTable
              label="Limits"
              columns={LIMITS}
              rows={budgets.data.limits}
              keyOf={({ kind }) => kind}
              empty="There are no limits."
            />
          </section>
        </>
      )}
    </>
  );
}

const REASONS: Readonly<Record<Circuit['reason'], string>> = {
  prohibited: 'answers that prohibit',
  unreachable: 'answers that say unreachable',
  silence: 'no answers',
};

const CIRCUITS: readonly Column<Circuit>[] = [
  { title: 'Network', className: 'breakable', cell: ({ subject, name }) => `${subject} ${name ?? ''}` },
  { title: 'State', cell: ({ state }) => (state === 'open' ? 'suspended' : 'trial probes') },
  {
    title: 'Reason',
    cell: ({ reason, share, usualShare }) =>
      `${REASONS[reason]}: ${formatShare(share)}, usually ${formatShare(usualShare)}`,
  },
  { title: 'Since', className: 'wide', cell: ({ since }) => <Time at={since} /> },
  { title: 'Next trial', className: 'wide', cell: ({ retryAt }) => <Time at={retryAt} absent="now" /> },
];

const KINDS: Readonly<Record<string, string>> = {
  slash24: '/24',
  as: 'network',
  vantagePoint: 'vantage point',
};

type Use = BudgetsAnswer['closest'][number];
type Limit = BudgetsAnswer['limits'][number];

const USES: readonly Column<Use>[] = [
  { title: 'Kind', cell: ({ kind }) => KINDS[kind] ?? kind },
  {
    title: 'Subject',
    className: 'mono',
    cell: ({ kind, subject }) =>
      kind === 'user' ? <Link to={`/operate/users?user=${subject}`}>{subject}</Link> : subject,
  },
  {
    title: 'Used',
    className: 'numeric',
    cell: ({ share, subject }) => (
      <>
        {formatShare(share)} <meter min={0} max={1} value={share} aria-label={`Used of the limit of ${subject}`} />
      </>
    ),
  },
  { title: 'Packets', className: 'numeric', cell: ({ packets }) => formatCount(packets) },
  { title: 'With IP options', className: 'numeric wide', cell: ({ optionPackets }) => formatCount(optionPackets) },
];

const LIMITS: readonly Column<Limit>[] = [
  { title: 'Kind', cell: ({ kind }) => KINDS[kind] ?? kind },
  { title: 'Packets a second', className: 'numeric', cell: ({ packetsPerSecond }) => formatCount(packetsPerSecond) },
  { title: 'A day', className: 'numeric', cell: ({ packetsPerDay }) => formatCount(packetsPerDay) },
  {
    title: 'With options a second',
    className: 'numeric wide',
    cell: ({ optionPacketsPerSecond }) => formatCount(optionPacketsPerSecond),
  },
  {
    title: 'With options a day',
    className: 'numeric wide',
    cell: ({ optionPacketsPerDay }) => formatCount(optionPacketsPerDay),
  },
];
