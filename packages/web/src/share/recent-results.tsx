import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { formatTime } from '../app/time.ts';
import { recentResultsQuery } from './queries.ts';

/** The latest results of people without an account; nothing where they may not measure, or have not. */
export function RecentResults() {
  const { data } = useQuery(recentResultsQuery);
  if (data === undefined || data.results.length === 0) return null;
  const { results, names } = data;
  return (
    <section>
      <h2>Recent public results</h2>
      <div className="scroll">
        <table className="recent">
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col">Networks</th>
              <th scope="col">Measured</th>
            </tr>
          </thead>
          <tbody>
            {results.map(({ id, destination, source, networks, stopReason, createdAt }) => (
              <tr key={id}>
                <td className="mono">
                  <Link to={`/measurements/${id}`}>
                    {destination} back to {source}
                  </Link>
                </td>
                <td>
                  {networks.map((asn) => names[asn] ?? `AS${asn}`).join(' › ')}
                  {stopReason !== 'reaches' && stopReason !== 'trivial' && ' › incomplete'}
                </td>
                <td className="number">{formatTime(Date.parse(createdAt))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="hint">What people measure here without an account is public.</p>
    </section>
  );
}
