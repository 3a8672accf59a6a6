import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { useSearchValues } from '../app/search-values.ts';
import { isRead, useOutlines } from '../batch/use-outlines.ts';
import { compareBatches } from '../batch-comparison/compare.ts';
import { CHANGES, type Change, filteredPairs, hasChange, moveOf } from '../batch-comparison/filters.ts';
import { Moves } from '../batch-comparison/moves.tsx';
import { PairTable } from '../batch-comparison/pair-table.tsx';
import { sentencesOf } from '../batch-comparison/sentences.ts';
import { NotFoundPage } from './not-found.tsx';

/** Two batches destination by destination: what changed, in sentences and in a table. The filters are in the URL. */
export function CompareBatchesPage() {
  const { id, other } = useParams();
  const [before, after] = [id, other].map((text) => Number(text ?? Number.NaN));
  const isValid = Number.isSafeInteger(before) && Number.isSafeInteger(after);
  return isValid ? <Loaded key={`${before} ${after}`} before={before} after={after} /> : <NotFoundPage />;
}

function Loaded({ before, after }: { readonly before: number; readonly after: number }) {
  const first = useOutlines(before);
  const second = useOutlines(after);
  const batches = { before: `batch ${before}`, after: `batch ${after}` };
  const isReady = first.data !== undefined && second.data !== undefined && isRead(first.data) && isRead(second.data);
  return (
    <>
      <title>{`Batches ${before} and ${after} · Reverse Traceroute`}</title>
      <h1>
        <Link to={`/batches/${before}`}>Batch {before}</Link> compared with{' '}
        <Link to={`/batches/${after}`}>batch {after}</Link>
      </h1>
      <Problem
        error={first.error ?? second.error}
        onRetry={() => void Promise.all([first.refetch(), second.refetch()])}
      />
      {isReady ? (
        <Shown
          before={first.data.measurements}
          after={second.data.measurements}
          names={{ ...first.data.names, ...second.data.names }}
          batches={batches}
        />
      ) : (
        first.error === null && second.error === null && <p role="status">Loading both batches …</p>
      )}
    </>
  );
}

type Outlines = Parameters<typeof compareBatches>[0];

function Shown(props: {
  readonly before: Outlines;
  readonly after: Outlines;
  readonly names: Readonly<Record<string, string>>;
  readonly batches: { readonly before: string; readonly after: string };
}) {
  const { before, after, names, batches } = props;
  const { values: filters, set } = useSearchValues(['change', 'moved', 'text'] as const);
  const pairs = useMemo(() => compareBatches(before, after), [before, after]);
  const shown = filteredPairs(pairs, filters);
  return (
    <>
      <div className="lead" role="status">
        {sentencesOf(pairs, batches).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <Moves
        moves={pairs.flatMap((pair) => moveOf(pair) ?? [])}
        names={names}
        chosen={filters.moved}
        onChoose={(moved) => set({ moved })}
      />
      <h2>Destinations</h2>
      <search className="filters">
        <label>
          Change
          <select value={filters.change} onChange={({ target }) => set({ change: target.value })}>
            <option value="">all</option>
            {(Object.keys(CHANGES) as Change[]).map((change) => (
              <option key={change} value={change}>
                {CHANGES[change]} ({pairs.filter((pair) => hasChange(pair, change)).length.toLocaleString('en')})
              </option>
            ))}
          </select>
        </label>
        <label>
          Destination or label
          <input type="search" value={filters.text} onChange={({ target }) => set({ text: target.value }, true)} />
        </label>
      </search>
      <p className="hint" role="status">
        {shown.length.toLocaleString('en')} shown
      </p>
      {shown.length === 0 ? (
        <p>No destination passes the filters.</p>
      ) : (
        <PairTable pairs={shown} names={names} batches={batches} />
      )}
    </>
  );
}
