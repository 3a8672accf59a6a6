import type { Account, ApiKey } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { keysQuery } from '../app/queries.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { useChange } from '../records/use-change.ts';
import { NewKey } from './new-key.tsx';
import { ShownKey } from './shown-key.tsx';

/** How long a key that is replaced still works, hours. */
const GRACE_HOURS = 24;

/** The API keys of the account: listed, created, replaced and revoked. `scopes` are those of the session, which a new key cannot exceed. */
export function Keys({ scopes }: { readonly scopes: Account['scopes'] }) {
  const { data, error } = useQuery(keysQuery);
  const revoke = useChange([keysQuery.queryKey], (id: number) => client.accounts.revokeKey(id));
  const rotate = useChange([keysQuery.queryKey], (id: number) => client.accounts.rotateKey(id, GRACE_HOURS));
  const columns: readonly Column<ApiKey>[] = [
    ...COLUMNS,
    {
      title: '',
      className: 'actions',
      cell: ({ id, name, fingerprint }) => (
        <>
          <ConfirmButton
            label="Replace"
            subject={name || fingerprint}
            isBusy={rotate.isPending}
            onConfirm={() => rotate.mutate(id)}
          />{' '}
          <ConfirmButton
            label="Revoke"
            subject={name || fingerprint}
            isBusy={revoke.isPending}
            onConfirm={() => revoke.mutate(id)}
          />
        </>
      ),
    },
  ];
  return (
    <section>
      <h2>API keys</h2>
      <Problem error={error} />
      <Problem error={revoke.error} />
      <Problem error={rotate.error} />
      {data !== undefined && (
        <DataTable
          label="API keys"
          columns={columns}
          rows={data}
          keyOf={({ id }) => id}
          empty="You have no API key. Programs need one; create it below."
        />
      )}
      <p className="hint">
        A key that you replace works for {GRACE_HOURS} hours more. A key that you revoke stops working at once, and ends
        the browser sessions that began with it.
      </p>
      {rotate.data !== undefined && <ShownKey apiKey={rotate.data.key} />}
      <NewKey scopes={scopes} />
    </section>
  );
}

const day = (time: string | undefined): string => time?.slice(0, 10) ?? 'never';

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    title: 'Name',
    className: 'breakable',
    cell: ({ name, fingerprint, isCurrent }) => (
      <>
        {name || '(no name)'} <span className="hint mono">{fingerprint}</span>
        {isCurrent && <span className="hint"> this session</span>}
      </>
    ),
  },
  { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') },
  { title: 'Created', className: 'wide number', cell: ({ createdAt }) => day(createdAt) },
  { title: 'Last used', className: 'wide number', cell: ({ lastUsedAt }) => day(lastUsedAt) },
  { title: 'Expires', className: 'number', cell: ({ expiresAt }) => day(expiresAt) },
];
