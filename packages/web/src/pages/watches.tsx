import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { accountQuery, sourcesQuery } from '../app/queries.ts';
import { NewWatch } from '../watches/new-watch.tsx';
import { watchesQuery } from '../watches/queries.ts';
import { WatchActions } from '../watches/watch-actions.tsx';
import { formatInterval, stateOf } from '../watches/words.ts';

/** The watches of the account, and the form for a new one. */
export function WatchesPage() {
  const { data: account } = useQuery(accountQuery);
  const isKnown = account !== null && account !== undefined;
  const { data, error, refetch } = useQuery({ ...watchesQuery, enabled: isKnown });
  const { data: sources } = useQuery(sourcesQuery);
  const [search] = useSearchParams();
  return (
    <>
      <title>Watches · Reverse Traceroute</title>
      <h1>Watches</h1>
      <p className="lead">
        A watch measures a path again and again, and tells you when it changes.{' '}
        <Link to="/docs/watches">How it works</Link>
      </p>
      {account === null && (
        <p>
          You are not logged in. <Link to="/log-in?next=/watches">Log in</Link>
        </p>
      )}
      <Problem error={error} onRetry={() => void refetch()} />
      {data?.length === 0 && <p>You have no watches yet. Create one below.</p>}
      {data !== undefined && data.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Watch</th>
              <th scope="col" className="wide">
                Path
              </th>
              <th scope="col" className="wide">
                Every
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((watch) => (
              <tr key={watch.id}>
                <td className="breakable">
                  <Link to={`/watches/${watch.id}`}>{watch.name}</Link>
                </td>
                <td className="wide mono">
                  {watch.destination} → {watch.source}
                </td>
                <td className="wide">{formatInterval(watch.intervalSeconds)}</td>
                <td>{stateOf(watch)}</td>
                <td>
                  <WatchActions watch={watch} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {isKnown && sources !== undefined && (
        <NewWatch
          sources={sources}
          initial={{ destination: search.get('destination'), source: search.get('source') }}
        />
      )}
    </>
  );
}
