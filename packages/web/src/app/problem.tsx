import { ClientError } from '@revtr/client';
import { Link } from 'react-router';

/** Says what failed, to which input, and what can be done; shows nothing when `error` is `null`. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  if (error === null) return null;
  const { title, details, advice } = explain(error);
  return (
    <div className="problem" role="alert">
      <p>
        <strong>{title}</strong>
      </p>
      {details.length > 0 && (
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {advice !== undefined && <p>{advice}</p>}
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface Explanation {
  readonly title: string;
  readonly details: readonly string[];
  readonly advice?: React.ReactNode;
}

function explain(error: unknown): Explanation {
  if (!(error instanceof ClientError)) return { title: 'The page failed because of a defect.', details: [] };
  const title = sentence(error.message);
  const details = (error.answer?.problems ?? []).map(({ message }) => sentence(message));
  switch (error.code) {
    case 'unauthorized':
      return {
        title: 'You are not logged in, or your session has ended.',
        details: [],
        advice: (
          <Link to={`/log-in?next=${encodeURIComponent(window.location.pathname + window.location.search)}`}>
            Log in
          </Link>
        ),
      };
    case 'notFound':
      return { title, details, advice: 'It may belong to another account: log in with the account that measured it.' };
    case 'unreachable':
      return {
        title: 'The server cannot be reached.',
        details: [],
        advice: 'Check your connection. The server may be restarting.',
      };
    case 'failed':
      return { title, details, advice: 'Try again later. If it fails again, tell the operators.' };
    case 'quota':
      return { title, details, advice: adviceAfter(error.details) };
    default:
      return { title, details };
  }
}

function adviceAfter(details: ClientError['details']): string {
  const seconds = 'retryAfterSeconds' in details ? details.retryAfterSeconds : undefined;
  return seconds === undefined ? 'Try again later.' : `Try again in ${durationOf(seconds)}.`;
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

/** Messages of the API begin in lower case and have no full stop. */
export function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
}
