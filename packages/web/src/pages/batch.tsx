import { useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { BatchFilterForm } from '../batch/batch-filters.tsx';
import { BatchTable } from '../batch/batch-table.tsx';
import { EntryNetworks } from '../batch/entry-networks.tsx';
import { filtered, useFilters } from '../batch/filters.ts';
import { isComplete, isRead, useOutlines, useProgress } from '../batch/use-outlines.ts';
import { NotFoundPage } from './not-found.tsx';

/** A batch: its progress, where its paths enter, and a table of its measurements. The filters are in the URL. */
export function BatchPage() {
  const id = Number(useParams().id ?? Number.NaN);
  return Number.isSafeInteger(id) ? <Shown key={id} id={id} /> : <NotFoundPage />;
}

function Shown({ id }: { readonly id: number }) {
  const { data, error, refetch } = useOutlines(id);
  const { filters, setFilter } = useFilters();
  const isRunning = data !== undefined && isRead(data) && !isComplete(data);
  const progress = useProgress(id, isRunning);
  const title = <title>{`Batch ${id} · Reverse Traceroute`}</title>;
  if (data === undefined)
    return (
      <>
        {title}
        <h1>Batch {id}</h1>
        {error === null ? <p role="status">Loading …</p> : <Problem error={error} onRetry={() => void refetch()} />}
      </>
    );
  const { measurements, names, total } = data;
  const done = Math.max(progress, measurements.filter(({ state }) => state === 'done').length);
  const shown = filtered(measurements, filters);
  return (
    <>
      {title}
      <h1>Batch {id}</h1>
      <p role="status">
        {isRunning && <progress value={done} max={total} aria-label="Measurements that have ended" />}{' '}
        {isRead(data)
          ? `${done.toLocaleString('en')} of ${total.toLocaleString('en')} measurements have ended.`
          : `${measurements.length.toLocaleString('en')} of ${total.toLocaleString('en')} measurements are read …`}
      </p>
      <EntryNetworks
        measurements={measurements}
        names={names}
        chosen={filters.entry}
        onChoose={(asn) => setFilter('entry', asn)}
      />
      <h2>Measurements</h2>
      <BatchFilterForm measurements={measurements} filters={filters} setFilter={setFilter} />
      <p className="hint" role="status">
        {shown.length.toLocaleString('en')} shown
      </p>
      {shown.length === 0 ? (
        <p>No measurement passes the filters.</p>
      ) : (
        <BatchTable measurements={shown} names={names} />
      )}
    </>
  );
}
