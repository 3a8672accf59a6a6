import type { AbuseContact } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { EmailField } from '../app/email-field.tsx';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { type Column, DataTable } from '../records/data-table.tsx';
import { useChange } from '../records/use-change.ts';
import { abuseContactsQuery } from './queries.ts';

/** Abuse contacts that operators entered; they may confirm requests to opt out. */
export function AbuseContacts() {
  const { data, error } = useQuery(abuseContactsQuery);
  const [network, setNetwork] = useState('');
  const [email, setEmail] = useState('');
  const set = useChange([abuseContactsQuery.queryKey], () =>
    client.fleet.setAbuseContact(network.trim(), email.trim()),
  );
  const remove = useChange([abuseContactsQuery.queryKey], (of: string) => client.fleet.removeAbuseContact(of));
  const columns: readonly Column<AbuseContact>[] = [
    { title: 'Network', className: 'mono', cell: (contact) => contact.network },
    { title: 'Contact', className: 'breakable', cell: (contact) => contact.email },
    {
      title: '',
      cell: (contact) => (
        <ConfirmButton
          label="Remove"
          subject={`the contact of ${contact.network}`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(contact.network)}
        />
      ),
    },
  ];
  return (
    <section>
      <h2>Registered abuse contacts</h2>
      <p className="hint">They receive a link with which they confirm a request to opt out.</p>
      <form className="filters" onSubmit={submitting(() => set.mutate())}>
        <label>
          Network
          <input
            className="mono"
            required
            maxLength={60}
            value={network}
            onChange={({ target }) => setNetwork(target.value)}
          />
        </label>
        <EmailField label="E-mail address of the contact" value={email} onChange={setEmail} />
        <button type="submit" disabled={set.isPending}>
          Save the contact
        </button>
      </form>
      <Problem error={error} />
      <Problem error={set.error} />
      <Problem error={remove.error} />
      {data !== undefined && (
        <DataTable
          label="Registered abuse contacts"
          columns={columns}
          rows={data}
          keyOf={(contact) => contact.network}
          empty="None is entered."
        />
      )}
    </section>
  );
}
