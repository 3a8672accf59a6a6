import type { User, UserChange } from '@revtr/client';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { UNLIMITED } from '../app/unlimited.ts';
import { ConfirmButton } from '../records/confirm-button.tsx';
import { useChange } from '../records/use-change.ts';
import { usersQuery } from './queries.ts';

const LIMITS = [
  ['perDay', 'Measurements a day'],
  ['perMinute', 'Measurements a minute'],
  ['parallel', 'Measurements at once'],
] as const;

/** Changes limits, role and access of a user. */
export function UserChanges({ user }: { readonly user: User }) {
  const { id, name, email, role, disabled } = user;
  const [limits, setLimits] = useState(user.limits);
  const change = useChange([usersQuery.queryKey], (wanted: UserChange) => client.accounts.changeUser(id, wanted));
  const link = useChange([['mails']], () => client.accounts.mailKeyLink(id));
  return (
    <section className="application" aria-label={`Change ${email}`}>
      <h2 className="breakable">
        {name} <span className="hint">{email}</span>
      </h2>
      <form className="filters" onSubmit={submitting(() => change.mutate({ limits }))}>
        {LIMITS.map(([field, title]) => (
          <label key={field}>
            {title}
            <input
              type="number"
              min={0}
              max={UNLIMITED}
              required
              value={limits[field]}
              onChange={({ target }) => setLimits({ ...limits, [field]: target.valueAsNumber })}
            />
          </label>
        ))}
        <button type="submit" disabled={change.isPending}>
          Save the limits
        </button>
      </form>
      <p className="actions">
        <ConfirmButton
          label={role === 'operator' ? 'Make a user' : 'Make an operator'}
          subject={email}
          isBusy={change.isPending}
          onConfirm={() => change.mutate({ role: role === 'operator' ? 'user' : 'operator' })}
        />{' '}
        <ConfirmButton
          label={disabled ? 'Enable' : 'Disable'}
          subject={email}
          isBusy={change.isPending}
          onConfirm={() => change.mutate({ disabled: !disabled })}
        />{' '}
        <ConfirmButton
          label="Mail a link to a new key"
          subject={`to ${email}`}
          isBusy={link.isPending}
          onConfirm={() => link.mutate()}
        />{' '}
        <Link to={`/operate/audit?user=${id}`}>What was sent for this user</Link> <Link to="?">Close</Link>
      </p>
      {change.isSuccess && <p role="status">Saved.</p>}
      {link.isSuccess && <p role="status">The link is on its way; it works once, for seven days.</p>}
      <Problem error={change.error} />
      <Problem error={link.error} />
    </section>
  );
}
