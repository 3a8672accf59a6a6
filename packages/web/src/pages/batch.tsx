import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { BatchFilterForm } from '../batch/batch-filters.tsx';
import { BatchTable } from '../batch/batch-table.tsx';
import { CompareWith } from '../batch/compare-with.tsx';
import { EntryNetworks } from '../batch/entry-networks.tsx';
import { filtered, useFilters } from '../batch/filters.ts';
import { isComplete, isRead, useOutlines, useProgress } from '../batch/use-outlines.ts';
import { NotFoundPage } from './not-found.tsx';

const TreeSection = lazy(async () => ({ default: (await import('../batch/tree/tree-section.tsx')).TreeSection }));

/** A batch: its progress, where its paths enter, the tree of its paths, and a table of its measurements. The filters are in the URL. */
export function BatchPage() {
  const id = Number(useParams().id ?? Number.NaN);
  return Number.isSafeInteger(id) ? <Shown key={id} id={id} /> : <NotFoundPage />;
}

function Shown({ id }: { readonly id: number }) {
  const { filters, setFilters } = useFilters();
  const { data, error, refetch } = useOutlines(id, { routers: filters.tree === 'routers' });
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
      <CompareWith id={id} />
      <EntryNetworks
        measurements={measurements}
        names={names}
        chosen={filters.entry}
        onChoose={(entry) => setFilters({ entry })}
      />
      <Suspense fallback={<p role="status">Loading the tree …</p>}>
        <TreeSection
          measurements={filters.via === '' ? shown : filtered(measurements, { ...filters, via: '' })}
          names={data}
          unit={filters.tree}
          chosen={filters.via}
          onChange={setFilters}
        />
      </Suspense>
      <h2>Measurements</h2>
      <BatchFilterForm measurements={measurements} names={data} filters={filters} setFilters={setFilters} />
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
