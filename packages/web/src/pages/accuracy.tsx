import type { Accuracy } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { CalibrationChart, CalibrationTable } from '../accuracy/calibration-chart.tsx';
import { Figures } from '../accuracy/figures.tsx';
import { SelfAudits } from '../accuracy/self-audits.tsx';
import { Suspensions } from '../accuracy/suspensions.tsx';
import { client } from '../app/client.ts';
import { mayOperate } from '../app/may-operate.ts';
import { formatCount, formatIntervalOf, formatShare, formatShareOf } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { accountQuery } from '../app/queries.ts';
import { visibleValue } from '../app/visible-text.ts';
import { type Column, DataTable } from '../records/data-table.tsx';

const DAY_MS = 86_400_000;
const PERIODS = { 1: 'today', 7: '7 days', 30: '30 days', 90: '90 days' } as const;
const DEFAULT_DAYS = 30;

/** How accurate the system is, measured against traceroutes of its own hosts. The period is in the URL. */
export function AccuracyPage() {
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get('days') ?? DEFAULT_DAYS);
  const days = asked in PERIODS ? asked : DEFAULT_DAYS;
  const { data: account } = useQuery(accountQuery);
  const { data, error, refetch } = useQuery({
    queryKey: ['accuracy', days],
    queryFn: async () => {
      const from = new Date(Date.now() - (days - 1) * DAY_MS).toISOString();
      return visibleValue(await client.fleet.accuracy({ from }));
    },
  });
  const isOperator = mayOperate(account);
  return (
    <>
      <title>Accuracy · Reverse Traceroute</title>
      <h1>Accuracy</h1>
      <p className="lead">
        How often is this system right? Its own hosts can run traceroutes to its sources, so the true path from them is
        known. A self-audit measures that path backwards as if the host were foreign, and compares.{' '}
        <Link to="/docs/accuracy">How hops are judged</Link>
      </p>
      <nav className="filters" aria-label="Period">
        {Object.entries(PERIODS).map(([value, title]) => (
          <button
            key={value}
            type="button"
            className="quiet"
            aria-pressed={Number(value) === days}
            onClick={() => setSearch({ days: value }, { replace: true })}
          >
            {title}
          </button>
        ))}
      </nav>
      <Problem error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <p role="status">Loading …</p>}
      {data !== undefined && <Shown accuracy={data} isOperator={isOperator} />}
    </>
  );
}

function Shown({ accuracy, isOperator }: { readonly accuracy: Accuracy; readonly isOperator: boolean }) {
  const { audits, auditsPerDay, hops, ranges, kinds, networks, suspensions, calibrationError } = accuracy;
  return (
    <>
      {auditsPerDay === 0 && <SwitchedOff />}
      {audits.judged === 0 ? (
        auditsPerDay > 0 && (
          <p className="caveat">
            No self-audit of this period has been judged yet. The system makes up to {formatCount(auditsPerDay)} a day
            when at least two of its hosts in different networks are connected, and pauses while it is busy.
          </p>
        )
      ) : (
        <>
          <Figures accuracy={accuracy} />
          <p className="hint">
            {formatCount(audits.judged)} self-audits were judged. Not judged: {formatCount(audits.pathChanged)} because
            the path changed, {formatCount(audits.noTruth)} because the traceroute failed,{' '}
            {formatCount(audits.notMeasured)} because nothing was measured. {formatCount(hops.unjudged)} hops could not
            be judged.
          </p>
          <section>
            <h2>Is the confidence honest?</h2>
            <p>
              Mean distance between confidence and share of right hops: <strong>{formatShare(calibrationError)}</strong>
            </p>
            <div className="chart-and-table">
              <CalibrationChart ranges={ranges} />
              <CalibrationTable ranges={ranges} />
            </div>
          </section>
          <section>
            <h2>Kinds of hops</h2>
            <Suspensions suspensions={suspensions} mayLift={isOperator} />
            <DataTable
              label="Kinds of hops"
              columns={KIND_COLUMNS}
              rows={kinds}
              keyOf={({ kind }) => kind}
              empty="No hop was judged."
            />
          </section>
          <section>
            <h2>Networks of the audited hosts</h2>
            <DataTable
              label="Networks of the audited hosts"
              columns={NETWORK_COLUMNS}
              rows={networks}
              keyOf={({ asn }) => asn ?? 'others'}
              empty="No network is known."
            />
          </section>
        </>
      )}
      {isOperator && <SelfAudits />}
    </>
  );
}

function SwitchedOff() {
  return (
    <div className="caveat">
      <p>
        Self-audits are switched off: the system learns nothing new about its accuracy. An operator switches them on
        with the setting <code>REVTR_SELF_AUDITS_PER_DAY</code>, for instance <code>REVTR_SELF_AUDITS_PER_DAY=200</code>
        , and a restart of the controller. At least two hosts in different networks are necessary.
      </p>
    </div>
  );
}

const KIND_COLUMNS: readonly Column<Accuracy['kinds'][number]>[] = [
  { title: 'Kind', className: 'breakable mono', cell: ({ kind }) => kind },
  { title: 'Right', className: 'numeric', cell: ({ share, total }) => formatShareOf(total, share) },
  {
    title: '95 % interval',
    className: 'numeric wide',
    cell: ({ low, high, total }) => formatIntervalOf(total, low, high),
  },
  {
    title: 'Confidence',
    className: 'numeric',
    cell: ({ meanConfidence, total }) => formatShareOf(total, meanConfidence),
  },
  { title: 'Hops', className: 'numeric', cell: ({ total }) => formatCount(total) },
  { title: 'Not judged', className: 'numeric wide', cell: ({ unjudged }) => formatCount(unjudged) },
];

const NETWORK_COLUMNS: readonly Column<Accuracy['networks'][number]>[] = [
  {
    title: 'Network',
    className: 'breakable',
    cell: ({ asn, name }) => (asn === undefined ? 'unknown or not public' : `AS${asn} ${name ?? ''}`),
  },
  { title: 'Self-audits', className: 'numeric', cell: ({ audits }) => formatCount(audits) },
  {
    title: 'Hops right',
    className: 'numeric',
    cell: ({ hops }) => formatShareOf(hops.total, hops.share),
  },
  { title: 'Hops', className: 'numeric', cell: ({ hops }) => formatCount(hops.total) },
];
