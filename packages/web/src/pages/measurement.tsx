import type { Measurement } from '@revtr/client';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { measurementQuery } from '../app/queries.ts';
import { Comparison } from '../comparison/comparison.tsx';
import { MeasurementView } from '../measure/measurement-view.tsx';
import { Raw } from '../measure/raw.tsx';
import { useSubmit } from '../measure/submit.ts';
import { Timeline } from '../measure/timeline.tsx';
import { ShareButton } from '../share/share-dialog.tsx';
import { NotFoundPage } from './not-found.tsx';

/** The outlines of the world are loaded when the map is opened. */
const MapView = lazy(async () => ({ default: (await import('../map/map-view.tsx')).MapView }));

const TABS = {
  path: 'Path',
  comparison: 'Forward and reverse',
  map: 'Map',
  timeline: 'Timeline of probes',
  raw: 'Raw',
} as const;
type Tab = keyof typeof TABS;

/** One measurement. The tab is in the URL. */
export function MeasurementPage() {
  const id = Number(useParams().id ?? Number.NaN);
  return Number.isSafeInteger(id) ? <Loaded key={id} id={id} /> : <NotFoundPage />;
}

function Loaded({ id }: { readonly id: number }) {
  const { data, error, refetch } = useQuery(measurementQuery(id));
  if (data !== undefined) return <Shown measurement={data} />;
  return (
    <>
      <title>{`Measurement ${id} · Reverse Traceroute`}</title>
      <h1>Measurement {id}</h1>
      {error === null ? <p role="status">Loading …</p> : <Problem error={error} onRetry={() => void refetch()} />}
    </>
  );
}

function Shown({ measurement }: { readonly measurement: Measurement }) {
  const { destination, source, label } = measurement;
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const asked = search.get('tab');
  const tab: Tab = asked !== null && asked in TABS ? (asked as Tab) : 'path';
  const { mutate, error, isPending } = useSubmit((next) => void navigate(`/measurements/${next}`));
  return (
    <article>
      <title>{`${destination} to ${source} · Reverse Traceroute`}</title>
      <h1>
        <span className="mono">{destination}</span> back to <span className="mono">{source}</span>
      </h1>
      {label !== '' && <p className="label">Label: {label}</p>}
      <div className="bar">
        <nav className="tabs" aria-label="Views of this measurement">
          {(Object.keys(TABS) as Tab[]).map((name) => (
            <Link
              key={name}
              to={name === 'path' ? '.' : `?tab=${name}`}
              aria-current={name === tab ? 'page' : undefined}
            >
              {TABS[name]}
            </Link>
          ))}
        </nav>
        <div>
          <button type="button" disabled={isPending} onClick={() => mutate({ source, destination, mayReuse: false })}>
            Measure again
          </button>{' '}
          <Link className="button" to={`/watches?destination=${destination}&source=${source}`}>
            Watch this
          </Link>{' '}
          {measurement.state === 'done' && <ShareButton id={measurement.id} />}
        </div>
      </div>
      <Problem error={error} />
      {tab === 'path' && <MeasurementView measurement={measurement} onAgain={mutate} />}
      {tab === 'comparison' && <Comparison measurement={measurement} />}
      {tab === 'map' && (
        <Suspense fallback={<p role="status">Loading the map …</p>}>
          <MapView measurement={measurement} />
        </Suspense>
      )}
      {tab === 'timeline' && <Timeline measurement={measurement} />}
      {tab === 'raw' && <Raw measurement={measurement} />}
    </article>
  );
}
