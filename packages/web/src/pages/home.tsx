import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { accountQuery, measurementQuery, sourcesQuery } from '../app/queries.ts';
import { MeasureForm } from '../measure/measure-form.tsx';
import { MeasurementView } from '../measure/measurement-view.tsx';
import { type MeasureRequest, useSubmit } from '../measure/submit.ts';
import { RecentResults } from '../share/recent-results.tsx';

/** Measures a reverse path, and shows it while it grows. The pair and the measurement are in the URL. */
export function HomePage() {
  const [search, setSearch] = useSearchParams();
  const sources = useQuery(sourcesQuery);
  const { data: account } = useQuery(accountQuery);
  const { mutate, isPending, error } = useSubmit((id, { source, destination }) =>
    setSearch({ from: destination, to: source, measurement: String(id) }),
  );
  const id = Number(search.get('measurement') ?? Number.NaN);
  return (
    <>
      <title>Reverse Traceroute</title>
      <h1>The path back to you</h1>
      <p className="lead">
        Traceroute shows the path from you. This page measures the path that packets take from any destination back to a
        source.
      </p>
      {sources.data !== undefined && sources.data.length > 0 && (
        <MeasureForm
          // The form begins anew when another pair is opened.
          key={`${search.get('from')} ${search.get('to')}`}
          sources={sources.data}
          initial={{ destination: search.get('from'), source: search.get('to') }}
          isBusy={isPending}
          onSubmit={mutate}
        />
      )}
      {sources.data?.length === 0 && <p>There is no source yet that you may measure to.</p>}
      {sources.isPending && <p role="status">Loading the sources …</p>}
      {sources.error !== null &&
        (account === null ? (
          <p>
            <Link to="/log-in">Log in</Link> to measure. This system does not measure for visitors without an account.
          </p>
        ) : (
          <Problem error={sources.error} onRetry={() => void sources.refetch()} />
        ))}
      <Problem error={error} />
      {Number.isSafeInteger(id) ? <Shown key={id} id={id} onAgain={mutate} /> : <RecentResults />}
    </>
  );
}

function Shown({ id, onAgain }: { readonly id: number; readonly onAgain: (request: MeasureRequest) => void }) {
  const { data, error, refetch } = useQuery(measurementQuery(id));
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p role="status">Loading measurement {id} …</p>;
  return (
    <article>
      <p className="permalink">
        <Link to={`/measurements/${id}`}>Measurement {id}: permalink, forward path, probes</Link>
      </p>
      <MeasurementView measurement={data} onAgain={onAgain} />
    </article>
  );
}
