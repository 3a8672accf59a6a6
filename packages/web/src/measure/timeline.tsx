import type { Measurement } from '@revtr/client';
import { formatMs } from '@revtr/client/wording';

const TECHNIQUES: Readonly<Record<string, string>> = {
  atlas: 'atlas',
  knownPath: 'earlier measurements',
  recordRoute: 'Record Route',
  spoofedRecordRoute: 'spoofed Record Route',
  otherAnswers: 'other answers',
  nearbyAddress: 'neighbour of the destination',
  proxyPath: 'path of a neighbour',
  timestamp: 'timestamp',
  networkPath: 'path through the same network',
  tracerouteOnDemand: 'RIPE Atlas traceroute',
  assumedSymmetry: 'assumed symmetry',
};

/** What was tried, one attempt after the other, and how long each took. */
export function Timeline({ measurement: { result } }: { readonly measurement: Measurement }) {
  if (result === undefined) return <p>The timeline appears when the measurement has ended.</p>;
  const { attempts, stats } = result;
  let at = 0;
  const rows = attempts.map((attempt) => {
    const start = at;
    at += attempt.ms;
    return { ...attempt, start };
  });
  const total = Math.max(at, 1);
  return (
    <>
      <p>
        Each technique is asked in turn for the next hops. {formatMs(at)} in all, round-trip times and forward path not
        counted.
      </p>
      <table className="timeline">
        <thead>
          <tr>
            <th scope="col">Technique</th>
            <th scope="col">From hop</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="numeric">
              Took
            </th>
            <th scope="col" className="when">
              When
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ technique, hop, outcome, detail, ms, start }) => (
            <tr key={`${technique} ${hop} ${start}`} data-outcome={outcome}>
              <td>{TECHNIQUES[technique] ?? technique}</td>
              <td className="mono">{hop}</td>
              <td>{outcome === 'extended' ? detail : `nothing found: ${detail}`}</td>
              <td className="numeric">{formatMs(ms)}</td>
              <td className="when" aria-hidden="true">
                <i style={{ marginLeft: `${(100 * start) / total}%`, width: `${(100 * ms) / total}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Probes</h2>
      <dl>
        <dt>Record Route pings</dt>
        <dd>{stats.recordRoutePings}</dd>
        <dt>Spoofed Record Route pings</dt>
        <dd>
          {stats.spoofedRecordRoutePings} in {stats.spoofedRecordRouteRounds}{' '}
          {stats.spoofedRecordRouteRounds === 1 ? 'round' : 'rounds'}
        </dd>
        <dt>Timestamp pings</dt>
        <dd>{stats.timestampPings + stats.spoofedTimestampPings}</dd>
        <dt>Plain pings</dt>
        <dd>{stats.plainPings}</dd>
        <dt>Traceroute probes</dt>
        <dd>
          {stats.tracerouteProbes} in {stats.traceroutes} {stats.traceroutes === 1 ? 'traceroute' : 'traceroutes'}
        </dd>
      </dl>
    </>
  );
}
