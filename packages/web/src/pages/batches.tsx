import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { batchesQuery } from '../app/queries.ts';
import { formatTime } from '../app/time.ts';

/** The latest batches of the account. */
export function BatchesPage() {
  const { data, error, refetch } = useQuery(batchesQuery);
  return (
    <>
      <title>Batches · Reverse Traceroute</title>
      <h1>Batches</h1>
      <p>
        <Link to="/batches/new">New batch</Link>
      </p>
      <Problem error={error} onRetry={() => void refetch()} />
      {data?.length === 0 && <p>You have no batches yet. Submit a list of destinations with the link above.</p>}
      {data !== undefined && data.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Batch</th>
              <th scope="col">Submitted</th>
              <th scope="col" className="numeric">
                Ended
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map(({ id, createdAt, done, total }) => (
              <tr key={id}>
                <td>
                  <Link to={`/batches/${id}`}>Batch {id}</Link>
                </td>
                <td>{formatTime(Date.parse(createdAt))}</td>
                <td className="numeric">
                  {done.toLocaleString('en')} of {total.toLocaleString('en')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
