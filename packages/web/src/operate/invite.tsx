import type { User } from '@revtr/client';
import { useState } from 'react';
import { client } from '../app/client.ts';
import { EmailField } from '../app/email-field.tsx';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { useChange } from '../records/use-change.ts';
import { usersQuery } from './queries.ts';

/** Invites a user, who is mailed a link to the first API key. */
export function Invite() {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<User['role']>('user');
  const { mutate, data, error, isPending } = useChange([usersQuery.queryKey, ['mails']], () =>
    client.accounts.invite({ name: name.trim(), email: email.trim(), role }),
  );
  return (
    <section>
      <h2>Invite a user</h2>
      <form className="filters" onSubmit={submitting(mutate)}>
        <label>
          Name
          <input required maxLength={200} value={name} onChange={({ target }) => setName(target.value)} />
        </label>
        <EmailField label="E-mail address" value={email} onChange={setEmail} />
        <label>
          Role
          <select value={role} onChange={({ target }) => setRole(target.value === 'operator' ? 'operator' : 'user')}>
            <option>user</option>
            <option>operator</option>
          </select>
        </label>
        <button type="submit" disabled={isPending}>
          Invite
        </button>
      </form>
      <Problem error={error} />
      {data !== undefined && (
        <p role="status">
          {data.email} is invited. The mailed link works once, for seven days, and shows the first API key.
        </p>
      )}
    </section>
  );
}
