import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { agentsQuery } from '../app/queries.ts';

/** All agents and their states. */
export function Agents() {
  const { data, error } = useQuery(agentsQuery);
  return (
    <section>
      <h2>Sources and vantage points</h2>
      <Problem error={error} />
      {data !== undefined && (
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Kind</th>
              <th scope="col">State</th>
              <th scope="col">Connected</th>
              <th scope="col" className="wide">
                Name
              </th>
              <th scope="col" className="wide">
                Last tested
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map(({ address, kind, state, connected, hostname, lastTestedAt, quarantine }) => (
              <tr key={address}>
                <td className="mono">
                  <Link to={`/sources/${address}`}>{address}</Link>
                </td>
                <td>{kind === 'source' ? 'source' : 'vantage point'}</td>
                <td title={quarantine?.reason}>{state}</td>
                <td>{connected ? 'yes' : 'no'}</td>
                <td className="wide">{hostname}</td>
                <td className="wide">{lastTestedAt ?? 'never'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
