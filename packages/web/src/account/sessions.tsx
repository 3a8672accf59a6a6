import type { OpenSession } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { sessionsQuery } from '../app/queries.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';

const COLUMNS: readonly Column<OpenSession>[] = [
  {
    title: 'Began with',
    className: 'breakable',
    cell: ({ keyName, isCurrent }) => (
      <>
        {keyName === undefined ? 'a mailed link' : `the key ${keyName || '(no name)'}`}
        {isCurrent && <span className="hint"> this session</span>}
      </>
    ),
  },
  { title: 'Scopes', className: 'wide', cell: ({ scopes }) => scopes.join(', ') },
  { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  { title: 'Ends at the latest', className: 'wide', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
];

/** The browser sessions of the account. */
export function Sessions() {
  const { data, error } = useQuery(sessionsQuery);
  const end = useChange([sessionsQuery.queryKey], (id: number) => client.accounts.endSession(id));
  const columns: readonly Column<OpenSession>[] = [
    ...COLUMNS,
    {
      title: '',
      cell: ({ id, keyName, isCurrent }) =>
        !isCurrent && (
          <ConfirmButton
            label="End"
            subject={`the session that began with ${keyName ?? 'a mailed link'}`}
            isBusy={end.isPending}
            onConfirm={() => end.mutate(id)}
          />
        ),
    },
  ];
  return (
    <section>
      <h2>Browser sessions</h2>
      <Problem error={error} />
      <Problem error={end.error} />
      {data !== undefined && (
        <DataTable
          label="Browser sessions"
          columns={columns}
          rows={data}
          keyOf={({ id }) => id}
          empty="No browser is logged in to this account."
        />
      )}
    </section>
  );
}
