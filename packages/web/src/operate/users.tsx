import type { User } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { UNLIMITED } from '../app/unlimited.ts';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Invite } from './invite.tsx';
import { usersQuery } from './queries.ts';
import { UserChanges } from './user-changes.tsx';

/** The users of the system. The search, and the user who is being changed, are in the URL. */
export function Users() {
  const { data, error, refetch } = useQuery(usersQuery);
  const [search, setSearch] = useSearchParams();
  const text = search.get('text') ?? '';
  const chosen = data?.find(({ id }) => String(id) === search.get('user'));
  const shown = (data ?? []).filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <>
      <search className="filters">
        <label>
          Name or e-mail address
          <input
            type="search"
            value={text}
            onChange={({ target }) => setSearch(target.value === '' ? {} : { text: target.value }, { replace: true })}
          />
        </label>
      </search>
      <Problem error={error} onRetry={() => void refetch()} />
      {chosen !== undefined && <UserChanges key={chosen.id} user={chosen} />}
      {data !== undefined && (
        <DataTable label="Users" columns={COLUMNS} rows={shown} keyOf={({ id }) => id} empty="No user matches." />
      )}
      <Invite />
    </>
  );
}

const limit = (count: number): string => (count >= UNLIMITED ? 'any' : formatCount(count));

const COLUMNS: readonly Column<User>[] = [
  { title: 'No.', className: 'number', cell: ({ id }) => id },
  {
    title: 'User',
    className: 'breakable',
    cell: ({ name, email }) => (
      <>
        {name} <span className="hint">{email}</span>
      </>
    ),
  },
  { title: 'Role', cell: ({ role, disabled }) => (disabled ? `${role}, disabled` : role) },
  { title: 'A day', className: 'numeric wide', cell: ({ limits }) => limit(limits.perDay) },
  { title: 'A minute', className: 'numeric wide', cell: ({ limits }) => limit(limits.perMinute) },
  { title: 'At once', className: 'numeric wide', cell: ({ limits }) => limit(limits.parallel) },
  { title: 'Since', className: 'wide number', cell: ({ createdAt }) => createdAt.slice(0, 10) },
  {
    title: '',
    cell: ({ id, email }) => (
      <Link to={`?user=${id}`} aria-label={`Change ${email}`}>
        Change
      </Link>
    ),
  },
];
