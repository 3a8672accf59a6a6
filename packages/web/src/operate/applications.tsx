import type { Application } from '@revtr/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { visibleValue } from '../app/visible-text.ts';

const QUERY_KEY = ['applications', 'pending'];

/** Applications to host a source that wait for a decision. */
export function Applications() {
  const { data, error } = useQuery({
    queryKey: QUERY_KEY,
    queryFn: async () => visibleValue(await client.fleet.applications('pending')),
  });
  return (
    <section>
      <h2>Applications to host a source</h2>
      <Problem error={error} />
      {data?.length === 0 && <p>No application waits for a decision.</p>}
      {data?.map((application) => (
        <Decision key={application.id} application={application} />
      ))}
    </section>
  );
}

function Decision({ application }: { readonly application: Application }) {
  const { id, address, name, email, hosting, reason, createdAt } = application;
  const [note, setNote] = useState('');
  const queries = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (decision: 'approve' | 'refuse') => client.fleet[decision](id, note),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <article className="application">
      <h3>
        <span className="mono">{address}</span> by {name}
      </h3>
      <dl>
        <dt>E-mail address</dt>
        <dd>{email}</dd>
        <dt>Hosting</dt>
        <dd>{hosting}</dd>
        <dt>Reason</dt>
        <dd>{reason}</dd>
        <dt>Received</dt>
        <dd>{createdAt}</dd>
      </dl>
      <label>
        Note for the mail
        <input value={note} maxLength={2_000} onChange={({ target }) => setNote(target.value)} />
      </label>
      <button type="button" disabled={isPending} onClick={() => mutate('approve')}>
        Approve {address}
      </button>{' '}
      <button type="button" disabled={isPending} onClick={() => mutate('refuse')}>
        Refuse {address}
      </button>
      <Problem error={error} />
    </article>
  );
}
