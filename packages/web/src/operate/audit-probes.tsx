import type { AuditQuery } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { client } from '../app/client.ts';
import { Problem } from '../app/problem.tsx';
import { visibleValue } from '../app/visible-text.ts';
import { Time } from '../records/time.tsx';
import { ProbeTable } from './probe-table.tsx';
import { SearchForm } from './search-form.tsx';

const FIELDS = [
  { name: 'target', title: 'Target', placeholder: '192.0.2.0/24' },
  { name: 'at', title: 'About when (UTC)', placeholder: '2026-11-20T10:00Z' },
  { name: 'window', title: 'Minutes around it', placeholder: '10' },
  { name: 'agent', title: 'Agent', placeholder: '198.51.100.7' },
  { name: 'source', title: 'Source address of the packet', placeholder: '198.51.100.7' },
  { name: 'user', title: 'Number of the user' },
  { name: 'measurement', title: 'Number of the measurement' },
  { name: 'batch', title: 'Number of the batch' },
] as const;

/** Probes that were sent: to whom, by which agent, for whom. */
export function AuditProbes() {
  const [search] = useSearchParams();
  const query: AuditQuery = Object.fromEntries(
    [...FIELDS.map(({ name }) => name), 'to'].flatMap((name) => {
      const value = search.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const { data, error, isFetching } = useQuery({
    queryKey: ['audit', query],
    queryFn: async () => visibleValue(await client.fleet.audit(query)),
  });
  const oldest = data?.records.at(-1)?.at;
  return (
    <>
      <SearchForm key={search.toString()} fields={FIELDS} />
      <Problem error={error} />
      {data === undefined && isFetching && <p role="status">Searching …</p>}
      {data !== undefined && (
        <>
          <p className="hint" role="status">
            {data.records.length} probes, newest first; searched back to <Time at={data.since} />
          </p>
          <ProbeTable label="Probes that were sent" records={data.records} />
          <Older search={search} oldest={oldest} />
        </>
      )}
    </>
  );
}

function Older({ search, oldest }: { readonly search: URLSearchParams; readonly oldest: string | undefined }) {
  const [, setSearch] = useSearchParams();
  if (oldest === undefined) return null;
  return (
    <p>
      <button
        type="button"
        className="quiet"
        onClick={() => {
          const next = new URLSearchParams(search);
          next.set('to', oldest);
          setSearch(next);
        }}
      >
        Older probes
      </button>
    </p>
  );
}
