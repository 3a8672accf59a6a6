import type { Agent } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { agentsQuery } from '../app/queries.ts';
import { useSearchValues } from '../app/search-values.ts';
import { submitting } from '../app/submitting.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';

const STATES: readonly Agent['state'][] = ['expected', 'testing', 'preparing', 'ready', 'quarantined', 'withdrawn'];
const POLL_MS = 5_000;

/** All agents and their states, with what an operator can do to each. Filters are in the URL. */
export function Agents() {
  const { data, error, refetch } = useQuery({ ...agentsQuery, refetchInterval: POLL_MS });
  const { values, set } = useSearchValues(['kind', 'state', 'text'] as const);
  const { kind, state, text } = values;
  const shown = (data ?? []).filter(
    (agent) =>
      (kind === '' || agent.kind === kind) &&
      (state === '' ? agent.state !== 'withdrawn' : agent.state === state) &&
      `${agent.address} ${agent.hostname} ${agent.site}`.toLowerCase().includes(text.toLowerCase()),
  );
  const filter =
    (name: keyof typeof values) =>
    ({ target }: { readonly target: { readonly value: string } }) =>
      set({ [name]: target.value }, true);
  return (
    <>
      <search className="filters">
        <label>
          Kind
          <select value={kind} onChange={filter('kind')}>
            <option value="">all</option>
            <option value="source">sources</option>
            <option value="vantagePoint">vantage points</option>
          </select>
        </label>
        <label>
          State
          <select value={state} onChange={filter('state')}>
            <option value="">all but withdrawn</option>
            {STATES.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Address, name or site
          <input type="search" value={text} onChange={filter('text')} />
        </label>
      </search>
      <Problem error={error} onRetry={() => void refetch()} />
      {data !== undefined && (
        <DataTable
          label="Sources and vantage points"
          columns={COLUMNS}
          rows={shown}
          keyOf={({ address }) => address}
          empty="No agent matches. Register a vantage point below; sources come from applications."
        />
      )}
      <NewVantagePoint />
    </>
  );
}

const COLUMNS: readonly Column<Agent>[] = [
  {
    title: 'Address',
    className: 'mono',
    cell: ({ address }) => <Link to={`/sources/${address}`}>{address}</Link>,
  },
  {
    title: 'Kind',
    className: 'wide',
    cell: ({ kind, legacy }) => `${kind === 'source' ? 'source' : 'vantage point'}${legacy ? ' (legacy)' : ''}`,
  },
  { title: 'State', cell: (agent) => <State agent={agent} /> },
  { title: 'Connected', className: 'wide', cell: ({ connected }) => (connected ? 'yes' : 'no') },
  { title: 'Spoofs', className: 'wide', cell: ({ canSpoof }) => (canSpoof ? 'yes' : 'no') },
  { title: 'Name', className: 'wide breakable', cell: ({ hostname, site }) => `${hostname} ${site}` },
  { title: 'Last tested', className: 'wide', cell: ({ lastTestedAt }) => <Time at={lastTestedAt} absent="never" /> },
  { title: '', className: 'actions', cell: (agent) => <Actions agent={agent} /> },
];

function State({ agent: { state, quarantine, connected } }: { readonly agent: Agent }) {
  return (
    <>
      <span data-state={state}>{state}</span>
      {state === 'ready' && !connected && <span className="fault"> not connected</span>}
      {quarantine !== undefined && (
        <span className="hint breakable">
          {' '}
          {quarantine.reason}{' '}
          {quarantine.until === undefined ? '(an operator must end it)' : `(until ${quarantine.until})`}
        </span>
      )}
    </>
  );
}

function Actions({ agent: { address, state, connected } }: { readonly agent: Agent }) {
  const [reason, setReason] = useState('');
  const act = useChange([agentsQuery.queryKey], (work: () => Promise<unknown>) => work());
  if (state === 'withdrawn') return null;
  return (
    <details className="menu">
      <summary aria-label={`Actions for ${address}`}>Actions</summary>
      <ConfirmButton
        label="Test now"
        subject={address}
        isBusy={act.isPending || !connected}
        onConfirm={() => act.mutate(() => client.fleet.test(address))}
      />
      {state !== 'quarantined' && (
        <form onSubmit={submitting(() => act.mutate(() => client.fleet.quarantine(address, reason)))}>
          <label>
            Reason
            <input required maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
          </label>
          <button type="submit" className="quiet" disabled={act.isPending}>
            Quarantine {address}
          </button>
        </form>
      )}
      <ConfirmButton
        label="Revoke the certificate"
        subject={`of ${address}`}
        isBusy={act.isPending}
        onConfirm={() => act.mutate(() => client.fleet.revokeCertificate(address))}
      />
      <ConfirmButton
        label="Withdraw"
        subject={address}
        isBusy={act.isPending}
        onConfirm={() => act.mutate(() => client.fleet.withdraw(address))}
      />
      <Problem error={act.error} />
    </details>
  );
}

function NewVantagePoint() {
  const [address, setAddress] = useState('');
  const [hostname, setHostname] = useState('');
  const [site, setSite] = useState('');
  const { mutate, data, error, isPending } = useChange([agentsQuery.queryKey], () =>
    client.fleet.addVantagePoint({ address: address.trim(), hostname: hostname.trim(), site: site.trim() }),
  );
  return (
    <section>
      <h2>Register a vantage point</h2>
      <form className="filters" onSubmit={submitting(mutate)}>
        <label>
          IPv4 address
          <input
            className="mono"
            required
            maxLength={15}
            value={address}
            onChange={(e) => setAddress(e.target.value)}
          />
        </label>
        <label>
          Host name
          <input required maxLength={253} value={hostname} onChange={(e) => setHostname(e.target.value)} />
        </label>
        <label>
          Site
          <input maxLength={200} value={site} onChange={(e) => setSite(e.target.value)} />
        </label>
        <button type="submit" disabled={isPending}>
          Register
        </button>
      </form>
      <Problem error={error} />
      {data !== undefined && (
        <p role="status">
          {data.address} is registered. Start its agent; <Link to="/docs/agents">how to</Link>.
        </p>
      )}
    </section>
  );
}
