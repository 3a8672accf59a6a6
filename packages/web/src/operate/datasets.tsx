import type { Dataset } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { client } from '../app/client.ts';
import { formatCount } from '../app/percent.ts';
import { Problem } from '../app/problem.tsx';
import { submitting } from '../app/submitting.ts';
import { Time } from '../records/time.tsx';
import { useChange } from '../records/use-change.ts';
import { datasetsQuery } from './queries.ts';

/** The datasets: their state, replaced by a file or by a download. */
export function Datasets() {
  const { data, error, refetch } = useQuery(datasetsQuery);
  return (
    <>
      <p className="hint">
        Datasets say which network announces an address, which addresses belong to one router, and more. A file is read
        whole before it replaces the one in use. <Link to="/docs/datasets">Formats and sources</Link>
      </p>
      <Problem error={error} onRetry={() => void refetch()} />
      {data?.map((dataset) => (
        <Entry key={dataset.kind} dataset={dataset} />
      ))}
    </>
  );
}

function Entry({ dataset }: { readonly dataset: Dataset }) {
  const { kind, title, hasSource, current, failure } = dataset;
  const [file, setFile] = useState<File>();
  const [mayShrink, setMayShrink] = useState(false);
  const change = useChange([datasetsQuery.queryKey], (work: () => Promise<unknown>) => work());
  return (
    <article className="application">
      <h2>
        {title} <span className="hint mono">{kind}</span>
      </h2>
      {current === undefined ? (
        <p>No file is imported.</p>
      ) : (
        <dl>
          <dt>Entries</dt>
          <dd className="number">{formatCount(current.entries)}</dd>
          <dt>Imported</dt>
          <dd>
            <Time at={current.importedAt} /> from {current.from}
          </dd>
          <dt>SHA-256</dt>
          <dd className="mono">{current.sha256}</dd>
        </dl>
      )}
      {failure !== undefined && (
        <p className="caveat">
          The last attempt to replace it failed (<Time at={failure.at} />
          ): {failure.message}
        </p>
      )}
      <details>
        <summary>Replace {title}</summary>
        <form
          className="filters"
          onSubmit={submitting(() => {
            if (file !== undefined) change.mutate(() => client.fleet.importDataset(kind, file, { mayShrink }));
          })}
        >
          <label>
            File for {title}
            <input type="file" required onChange={({ target }) => setFile(target.files?.[0])} />
          </label>
          <label>
            <input type="checkbox" checked={mayShrink} onChange={({ target }) => setMayShrink(target.checked)} /> may
            have far fewer entries
          </label>
          <button type="submit" disabled={change.isPending || file === undefined}>
            Import
          </button>
          {hasSource && (
            <button
              type="button"
              disabled={change.isPending}
              onClick={() => change.mutate(() => client.fleet.updateDataset(kind))}
            >
              Download now
            </button>
          )}
        </form>
      </details>
      {change.isSuccess && <p role="status">The dataset is replaced.</p>}
      <Problem error={change.error} />
    </article>
  );
}
