import type { SelfAudit } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { visibleValue } from '../app/visible-text.ts';
import { type Column, DataTable } from '../records/data-table.tsx';
import { Time } from '../records/time.tsx';

const SHOWN = 25;
const OUTCOMES: Readonly<Record<string, string>> = {
  judged: 'judged',
  pathChanged: 'the path changed meanwhile',
  noTruth: 'the traceroute failed',
  notMeasured: 'not measured',
};

const COLUMNS: readonly Column<SelfAudit>[] = [
  { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { title: 'From host', className: 'mono', cell: ({ host }) => host },
  { title: 'To source', className: 'mono wide', cell: ({ source }) => source },
  { title: 'Outcome', cell: outcomeOf },
  {
    title: 'Hops that are not right',
    className: 'breakable',
    cell: ({ hops }) =>
      hops
        .filter(({ verdict }) => verdict === 'wrong')
        .map(({ address, kind, reason }) => `${address} (${kind}, ${reason})`)
        .join('; ') || 'none',
  },
];

function outcomeOf({ outcome, detail, reached, routers, routersFound }: SelfAudit): string {
  if (outcome !== 'judged') return [OUTCOMES[outcome] ?? outcome, detail].filter(Boolean).join(': ');
  return `${reached === true ? 'reached' : 'did not reach'}; ${routersFound} of ${routers} routers found`;
}

/** The latest self-audits, for operators. */
export function SelfAudits() {
  const { data, error } = useQuery({
    queryKey: ['self-audits'],
    queryFn: async () => visibleValue(await client.fleet.selfAudits(SHOWN)),
  });
  return (
    <section>
      <h2>Latest self-audits</h2>
      <Problem error={error} />
      {data !== undefined && (
        <DataTable
          label="Latest self-audits"
          columns={COLUMNS}
          rows={data}
          keyOf={({ id }) => id}
          empty="No self-audit has been made yet."
        />
      )}
    </section>
  );
}
