import type { Application } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { applicationsQuery } from '../app/queries.ts';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { DecisionForm } from './decision-form.tsx';

const POLL_MS = 10_000;

/** Applications to host a source: those that wait for a decision, and those that are decided. */
export function Applications() {
  const { data, error } = useQuery({ ...applicationsQuery, refetchInterval: POLL_MS });
  const pending = data?.filter(({ state }) => state === 'pending') ?? [];
  return (
    <>
      <Problem error={error} />
      {data !== undefined && pending.length === 0 && <p>No application waits for a decision.</p>}
      {pending.map((application) => (
        <Decision key={application.id} application={application} />
      ))}
      {data !== undefined && (
        <section>
          <h2>Others</h2>
          <DataTable
            label="Other applications"
            columns={COLUMNS}
            rows={data.filter(({ state }) => state !== 'pending')}
            keyOf={({ id }) => id}
            empty="There are no others."
          />
        </section>
      )}
    </>
  );
}

const COLUMNS: readonly Column<Application>[] = [
  {
    title: 'Address',
    className: 'mono',
    cell: ({ address, state }) => (state === 'approved' ? <Link to={`/sources/${address}`}>{address}</Link> : address),
  },
  { title: 'State', cell: ({ state }) => state },
  { title: 'By', className: 'breakable', cell: ({ name, email }) => `${name} <${email}>` },
  { title: 'Received', className: 'wide', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Note', className: 'wide breakable', cell: ({ note }) => note },
];

function Decision({ application }: { readonly application: Application }) {
  const { id, address, name, email, hosting, reason, createdAt } = application;
  const { mutate, error, isPending } = useChange(
    [applicationsQuery.queryKey],
    (decision: { readonly choice: 'approve' | 'refuse'; readonly note: string }) =>
      client.fleet[decision.choice](id, decision.note),
  );
  return (
    <article className="application">
      <h3>
        <span className="mono">{address}</span> <span className="breakable">by {name}</span>
      </h3>
      <dl>
        <dt>E-mail address</dt>
        <dd>{email}</dd>
        <dt>Hosting</dt>
        <dd>{hosting}</dd>
        <dt>Reason</dt>
        <dd className="lines">{reason}</dd>
        <dt>Received</dt>
        <dd>
          <Time at={createdAt} />
        </dd>
      </dl>
      <DecisionForm
        subject={address}
        choices={[
          { choice: 'approve', label: 'Approve' },
          { choice: 'refuse', label: 'Refuse' },
        ]}
        isPending={isPending}
        error={error}
        onDecide={(choice, note) => mutate({ choice, note })}
      />
    </article>
  );
}
