import type { OptOut } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { client } from '../app/client.ts';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { useChange } from '../records/use-change.ts';
import { optOutsQuery } from './queries.ts';

const MOST_SHOWN = 200;

/** Networks that opted out: searched, added and removed. The search is in the URL. */
export function OptOutList() {
  const { data, error } = useQuery(optOutsQuery);
  const [search, setSearch] = useSearchParams();
  const text = search.get('network') ?? '';
  const remove = useChange([optOutsQuery.queryKey], (network: string) => client.fleet.removeOptOut(network));
  const found = (data ?? []).filter(({ network, reason }) =>
    `${network} ${reason}`.toLowerCase().includes(text.toLowerCase()),
  );
  const columns: readonly Column<OptOut>[] = [
    { title: 'Network', className: 'mono', cell: ({ network }) => network },
    { title: 'Reason', className: 'breakable', cell: ({ reason }) => reason },
    {
      title: '',
      cell: ({ network }) => (
        <ConfirmButton
          label="Allow probes"
          subject={`to ${network}`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(network)}
        />
      ),
    },
  ];
  return (
    <section>
      <h2>Networks that opted out</h2>
      <AddForm />
      <search className="filters">
        <label>
          Network or reason
          <input
            type="search"
            value={text}
            onChange={({ target }) =>
              setSearch(target.value === '' ? {} : { network: target.value }, { replace: true })
            }
          />
        </label>
      </search>
      <Problem error={error} />
      <Problem error={remove.error} />
      {data !== undefined && (
        <>
          <p className="hint" role="status">
            {formatCount(found.length)} of {formatCount(data.length)} networks
            {found.length > MOST_SHOWN && `; the first ${MOST_SHOWN} are shown`}
          </p>
          <DataTable
            label="Networks that opted out"
            columns={columns}
            rows={found.slice(0, MOST_SHOWN)}
            keyOf={({ network }) => network}
            empty="No network matches."
          />
        </>
      )}
    </section>
  );
}

function AddForm() {
  const [network, setNetwork] = useState('');
  const [reason, setReason] = useState('');
  const add = useChange([optOutsQuery.queryKey], () => client.fleet.addOptOut(network.trim(), reason));
  return (
    <form
      className="filters"
      onSubmit={submitting(() =>
        add.mutate(undefined, {
          onSuccess: () => {
            setNetwork('');
            setReason('');
          },
        }),
      )}
    >
      <label>
        Prefix or AS number
        <input
          className="mono"
          required
          maxLength={60}
          placeholder="192.0.2.0/24, AS64496"
          value={network}
          onChange={({ target }) => setNetwork(target.value)}
        />
      </label>
      <label>
        Who asked for it, and when
        <input maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
      </label>
      <button type="submit" disabled={add.isPending}>
        Stop probes
      </button>
      <Problem error={add.error} />
    </form>
  );
}
