import type { Queue as QueueAnswer } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { queueQuery } from './queries.ts';

const POLL_MS = 2_000;

/** Measurements that have not ended, by user, and the processes that hold them. */
export function Queue() {
  const { data, error, refetch } = useQuery({ ...queueQuery, refetchInterval: POLL_MS });
  if (data === undefined)
    return error === null ? <p role="status">Loading …</p> : <Problem error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <Problem error={error} />
      <dl>
        <dt>Under way</dt>
        <dd>{formatCount(data.running)} measurements</dd>
        <dt>Waiting</dt>
        <dd>{formatCount(data.queued)} measurements</dd>
        <dt>Oldest</dt>
        <dd>
          <Time at={data.oldestAt} absent="none" />
        </dd>
      </dl>
      <h2>By user</h2>
      <DataTable
        label="Measurements by user"
        columns={USERS}
        rows={data.users}
        keyOf={({ user }) => user?.id ?? 0}
        empty="No measurement waits or is under way."
      />
      <h2>Leases</h2>
      <p className="hint">
        Each process of the controller leases measurements for 30 seconds and renews the leases. When a process ends,
        another one takes its measurements over.
      </p>
      <DataTable
        label="Leases"
        columns={LEASES}
        rows={data.leases}
        keyOf={({ owner }) => owner}
        empty="No process holds a measurement."
      />
    </>
  );
}

const USERS: readonly Column<QueueAnswer['users'][number]>[] = [
  {
    title: 'User',
    className: 'breakable',
    cell: ({ user }) =>
      user === undefined ? 'unknown' : <Link to={`/operate/users?user=${user.id}`}>{user.email ?? user.id}</Link>,
  },
  { title: 'Under way', className: 'numeric', cell: ({ running }) => formatCount(running) },
  { title: 'Waiting', className: 'numeric', cell: ({ queued }) => formatCount(queued) },
  { title: 'Oldest', className: 'wide', cell: ({ oldestAt }) => <Time at={oldestAt} /> },
];

const LEASES: readonly Column<QueueAnswer['leases'][number]>[] = [
  { title: 'Process', className: 'mono breakable', cell: ({ owner }) => owner },
  { title: 'Measurements', className: 'numeric', cell: ({ measurements }) => formatCount(measurements) },
  { title: 'First lease ends', className: 'wide', cell: ({ firstEnd }) => <Time at={firstEnd} /> },
];
