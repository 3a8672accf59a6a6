import type { WatchAlert } from '@revtr/client';
import { formatTime } from '../app/time.ts';

const TYPES: Readonly<Record<string, string>> = {
  'watch.changed': 'change',
  'watch.paused': 'paused',
  'watch.test': 'test',
  'watch.webhookDisabled': 'webhook disabled',
};
const STATES: Readonly<Record<WatchAlert['state'], string>> = {
  pending: 'waiting',
  delivered: 'delivered',
  dead: 'given up',
};

/** The alerts of a watch, and how their delivery goes. */
export function Deliveries({ alerts }: { readonly alerts: readonly WatchAlert[] }) {
  if (alerts.length === 0) return <p>No alert yet.</p>;
  return (
    <table>
      <caption className="visually-hidden">Alerts, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">By</th>
          <th scope="col">About</th>
          <th scope="col">Delivery</th>
        </tr>
      </thead>
      <tbody>
        {alerts.map(({ id, createdAt, channel, type, state, attempts, status, error, nextAttemptAt }) => (
          <tr key={id}>
            <td className="number">{formatTime(Date.parse(createdAt))}</td>
            <td>{channel}</td>
            <td>{TYPES[type] ?? type}</td>
            <td className="breakable">
              {channel === 'mail' && state === 'delivered' ? 'stored for sending' : STATES[state]} after {attempts}{' '}
              {attempts === 1 ? 'attempt' : 'attempts'}
              {status !== undefined && `, status ${status}`}
              {error !== undefined && `: ${error}`}
              {nextAttemptAt !== undefined && `. Next attempt ${formatTime(Date.parse(nextAttemptAt))}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
