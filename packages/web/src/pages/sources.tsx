import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { Problem } from '../app/problem.tsx';
import { accountQuery, agentsQuery, sourcesQuery } from '../app/queries.ts';

interface Listed {
  readonly address: string;
  readonly hostname: string | undefined;
  readonly site: string | undefined;
  readonly state: string;
}

/** The sources that can be measured to, and those of the account in any state. */
export function SourcesPage() {
  const { data: account } = useQuery(accountQuery);
  const sources = useQuery(sourcesQuery);
  const agents = useQuery({ ...agentsQuery, enabled: account !== null && account !== undefined });
  const [search, setSearch] = useSearchParams();
  const text = search.get('text') ?? '';
  const listed = new Map<string, Listed>();
  for (const { ip, hostname, site } of sources.data ?? [])
    if (ip !== undefined) listed.set(ip, { address: ip, hostname, site, state: 'ready' });
  for (const { address, hostname, site, state, kind } of agents.data ?? [])
    if (kind === 'source') listed.set(address, { address, hostname, site, state });
  const shown = [...listed.values()].filter(({ address, hostname, site }) =>
    `${address} ${hostname} ${site}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <>
      <title>Sources · Reverse Traceroute</title>
      <h1>Sources</h1>
      <p className="lead">
        Reverse paths can be measured to these hosts. <Link to="/sources/apply">Host a source</Link> to measure to your
        own network.
      </p>
      <search className="filters">
        <label>
          Name, address or site
          <input
            type="search"
            value={text}
            onChange={({ target }) => setSearch(target.value === '' ? {} : { text: target.value }, { replace: true })}
          />
        </label>
      </search>
      <Problem error={sources.error} onRetry={() => void sources.refetch()} />
      {sources.data !== undefined && shown.length === 0 && <p>No source matches.</p>}
      {shown.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Name</th>
              <th scope="col" className="wide">
                Site
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ address, hostname, site, state }) => (
              <tr key={address}>
                <td className="mono">
                  <Link to={`/sources/${address}`}>{address}</Link>
                </td>
                <td className="breakable">{hostname}</td>
                <td className="wide">{site}</td>
                <td>{state}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
