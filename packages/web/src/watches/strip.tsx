import type { WatchRun } from '@revtr/client';
import { formatMs } from '@revtr/client/wording';
import { Link } from 'react-router';
import { formatTime } from '../app/time.ts';
import { letterOf, REACH } from './words.ts';

const COLOURS = 7;

/** The history of a watch: one column a run, with the letter and the colour of its path. */
export function HistoryStrip({ runs }: { readonly runs: readonly WatchRun[] }) {
  return (
    <ol className="strip" aria-label="Runs, oldest first">
      {runs.map((run) => (
        <li key={run.id} {...lookOf(run)}>
          {run.measurementId === undefined ? (
            <span title={describe(run)}>
              <span aria-hidden="true">{symbolOf(run)}</span>
              <span className="visually-hidden">{describe(run)}</span>
            </span>
          ) : (
            <Link to={`/measurements/${run.measurementId}`} aria-label={describe(run)} title={describe(run)}>
              {symbolOf(run)}
            </Link>
          )}
        </li>
      ))}
    </ol>
  );
}

/** What the letters and signs of a strip mean. */
export function StripLegend() {
  return (
    <p className="hint">
      One letter and colour for each path. <span className="mono">?</span> another path, not confirmed ·{' '}
      <span className="mono">!</span> incomplete · <span className="mono">·</span> not measured · a bar above a run that
      confirmed a change
    </p>
  );
}

function lookOf({ outcome, path, reach, verdict }: WatchRun) {
  const isShown = outcome === 'measured' && path !== undefined && reach !== 'notReached';
  return {
    ...(isShown && { 'data-colour': (path - 1) % COLOURS }),
    ...(verdict === 'changed' && { 'data-changed': true }),
  };
}

function symbolOf({ outcome, path, reach }: WatchRun): string {
  if (outcome !== 'measured') return '·';
  if (reach === 'notReached') return '!';
  return path === undefined ? '?' : letterOf(path);
}

function describe({ startedAt, outcome, detail, path, reach, rttMs, verdict }: WatchRun): string {
  const time = formatTime(Date.parse(startedAt));
  if (outcome === 'running') return `${time}: being measured`;
  if (outcome === 'notMeasured') return `${time}: not measured (${detail})`;
  return [
    `${time}: ${path === undefined ? 'another path, not confirmed' : `path ${letterOf(path)}`}`,
    ...(reach === undefined ? [] : [REACH[reach]]),
    ...(rttMs === undefined ? [] : [formatMs(rttMs)]),
    ...(verdict === 'changed' ? ['confirmed a change'] : []),
  ].join(', ');
}
