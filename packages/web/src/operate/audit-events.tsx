import type { AuditEvent, AuditEventQuery } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { visibleValue } from '../app/visible-text.ts';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';
import { SearchForm } from './search-form.tsx';

/** Kinds of events, as the API names them. */
type Kind = NonNullable<AuditEventQuery['kind']>;
const KINDS: readonly Kind[] = [
  'operatorAction',
  'login',
  'unknownKey',
  'pairRefused',
  'probeRefused',
  'replyForged',
  'agentRefused',
  'visitorBatch',
];
const FIELDS = [
  { name: 'kind', title: 'Kind', choices: KINDS },
  { name: 'user', title: 'Number of the user' },
  { name: 'client', title: 'Address of the client', placeholder: '198.51.100.7' },
  { name: 'at', title: 'About when (UTC)', placeholder: '2026-11-20T10:00Z' },
  { name: 'window', title: 'Minutes around it', placeholder: '10' },
] as const;

/** Refusals, logins and actions of operators. */
export function AuditEvents() {
  const [search] = useSearchParams();
  const kind = KINDS.find((name) => name === search.get('kind'));
  const query: AuditEventQuery = {
    ...Object.fromEntries(
      (['user', 'client', 'at', 'window'] as const).flatMap((name) => {
        const value = search.get(name);
        return value === null ? [] : [[name, value]];
      }),
    ),
    ...(kind !== undefined && { kind }),
  };
  const { data, error } = useQuery({
    queryKey: ['audit-events', query],
    queryFn: async () => visibleValue(await client.fleet.auditEvents(query)),
  });
  return (
    <>
      <SearchForm key={search.toString()} fields={FIELDS} />
      <Problem error={error} />
      {data !== undefined && (
        <DataTable
          label="Events"
          columns={COLUMNS}
          rows={data.map((event, i) => ({ ...event, i }))}
          keyOf={({ i }) => i}
          empty="No event matches."
        />
      )}
    </>
  );
}

const COLUMNS: readonly Column<AuditEvent>[] = [
  { title: 'When', cell: ({ at }) => <Time at={at} /> },
  { title: 'Kind', cell: ({ kind, count }) => (count > 1 ? `${kind} (${count} times)` : kind) },
  {
    title: 'User',
    className: 'breakable',
    cell: ({ user }) =>
      user === undefined ? '–' : <Link to={`/operate/users?user=${user.id}`}>{user.email ?? user.id}</Link>,
  },
  { title: 'Client', className: 'mono wide', cell: ({ client: address }) => address },
  { title: 'Subject', className: 'breakable', cell: ({ subject }) => subject },
  {
    title: 'Detail',
    className: 'wide breakable',
    cell: ({ detail, status }) => (status === undefined ? detail : `${detail} (status ${status})`),
  },
];
