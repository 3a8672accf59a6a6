import type { AuditRecord } from '@revtr/client';
import { Link } from 'react-router';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';

/** Probes of the audit, newest first. */
export function ProbeTable({ label, records }: { readonly label: string; readonly records: readonly AuditRecord[] }) {
  return (
    <DataTable
      label={label}
      columns={COLUMNS}
      rows={records.map((record, i) => ({ ...record, i }))}
      keyOf={({ i }) => i}
      empty="No probe matches."
    />
  );
}

const COLUMNS: readonly Column<AuditRecord>[] = [
  { title: 'Sent', cell: ({ at }) => <Time at={at} /> },
  { title: 'To', className: 'mono', cell: ({ target }) => target },
  { title: 'By', className: 'mono', cell: ({ agent }) => agent },
  { title: 'Claimed source', className: 'mono wide', cell: ({ spoofed }) => spoofed?.source ?? '–' },
  {
    title: 'Probe',
    className: 'wide',
    cell: ({ kind, technique, packets }) =>
      [kind, ...(technique === 'none' ? [] : [technique]), ...(packets > 1 ? [`at most ${packets} packets`] : [])].join(
        ', ',
      ),
  },
  { title: 'For', className: 'breakable', cell: (record) => <Cause record={record} /> },
];

const CAUSES: Readonly<Record<string, string>> = {
  atlasRun: 'atlas run',
  agentTest: 'test of agent',
  selfAudit: 'self-audit',
  rawProbe: 'raw probe',
};

function Cause({ record }: { readonly record: AuditRecord }) {
  const { cause, measurement, user, testedAgent, atlasRun, selfAudit, rawProbe } = record;
  const number = testedAgent ?? atlasRun ?? selfAudit ?? rawProbe ?? '';
  return (
    <>
      {measurement === undefined ? (
        `${CAUSES[cause] ?? cause} ${number}`
      ) : (
        <Link to={`/measurements/${measurement}`}>measurement {measurement}</Link>
      )}
      {user !== undefined && (
        <>
          {' '}
          <Link to={`/operate/users?user=${user.id}`}>{user.email ?? `user ${user.id}`}</Link>
        </>
      )}
    </>
  );
}
