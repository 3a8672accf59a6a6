import type { OptOutRequest } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { DecisionForm } from './decision-form.tsx';
import { optOutRequestsQuery, optOutsQuery } from './queries.ts';

/** Requests to opt out of people without an account. */
export function OptOutRequests() {
  const { data, error } = useQuery(optOutRequestsQuery);
  const pending = data?.filter(({ state }) => state === 'pending') ?? [];
  return (
    <section>
      <h2>Requests to opt out</h2>
      <Problem error={error} />
      {data !== undefined && pending.length === 0 && <p>No request waits for a proof.</p>}
      {pending.map((request) => (
        <Decision key={request.id} request={request} />
      ))}
      {data !== undefined && data.length > pending.length && (
        <DataTable
          label="Requests that have ended"
          columns={COLUMNS}
          rows={data.filter(({ state }) => state !== 'pending')}
          keyOf={({ id }) => id}
          empty=""
        />
      )}
    </section>
  );
}

const COLUMNS: readonly Column<OptOutRequest>[] = [
  { title: 'Network', className: 'mono', cell: ({ network }) => network },
  { title: 'State', cell: ({ state, proof }) => (proof === undefined ? state : `${state} (${proof})`) },
  { title: 'Reason', className: 'breakable', cell: ({ reason }) => reason },
  { title: 'Note', className: 'wide breakable', cell: ({ note }) => note },
  { title: 'Received', className: 'wide', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

function Decision({ request }: { readonly request: OptOutRequest }) {
  const { id, network, email, contact, reason, createdAt, expiresAt } = request;
  const { mutate, error, isPending } = useChange(
    [optOutRequestsQuery.queryKey, optOutsQuery.queryKey],
    (decision: { readonly choice: 'acceptOptOut' | 'refuseOptOut'; readonly note: string }) =>
      client.fleet[decision.choice](id, decision.note),
  );
  return (
    <article className="application">
      <h3 className="mono">{network}</h3>
      <dl>
        <dt>Requested by</dt>
        <dd>{email ?? 'somebody without an e-mail address'}</dd>
        <dt>Abuse contact</dt>
        <dd>{contact ?? 'none is known'}</dd>
        <dt>Reason</dt>
        <dd className="lines">{reason || '–'}</dd>
        <dt>Received</dt>
        <dd>
          <Time at={createdAt} />, expires <Time at={expiresAt} />
        </dd>
      </dl>
      <DecisionForm
        subject={network}
        choices={[
          { choice: 'acceptOptOut', label: 'Accept' },
          { choice: 'refuseOptOut', label: 'Refuse' },
        ]}
        isPending={isPending}
        error={error}
        onDecide={(choice, note) => mutate({ choice, note })}
      />
    </article>
  );
}
