import type { Measurement, MeasurementResult, PublicResult } from '@revtr/client';
import { formatProbability } from '@revtr/client/wording';
import { useEffect, useState } from 'react';
import { formatTime } from '../app/time.ts';
import { caveatsOf } from '../path/caveats.ts';
import type { PathHop } from '../path/hop.ts';
import { networksOf } from '../path/networks.ts';
import { PathView } from '../path/path-view.tsx';
import { countProbes } from '../path/probes.ts';
import { activityText } from './activity.ts';
import { type LivePath, useLivePath } from './live-path.ts';
import type { MeasureRequest } from './submit.ts';

/** A measurement with its path: growing while it is measured, and with what must be known of it when it is done. */
export function MeasurementView(props: {
  readonly measurement: Measurement;
  /** Measures the same pair again. */
  readonly onAgain: (request: MeasureRequest) => void;
}) {
  const { measurement, onAgain } = props;
  const live = useLivePath(measurement);
  const { source, destination, result } = measurement;
  const pair = { source, destination };
  return (
    <>
      {result === undefined ? (
        <Progress measurement={measurement} live={live} />
      ) : (
        <Summary measurement={measurement} result={result} onRemeasure={() => onAgain({ ...pair, mayReuse: false })} />
      )}
      <PathView
        source={source}
        hops={result?.hops ?? growing(destination, live)}
        result={result}
        onAssume={() => onAgain({ ...pair, allowAssumptions: true })}
      />
    </>
  );
}

/** Nothing is found yet: the path begins at the destination. */
function growing(destination: string, { hops, rtts }: LivePath): readonly PathHop[] {
  return hops.length > 0
    ? hops.map((hop) => ({ ...hop, rttMs: hop.rttMs ?? rtts[hop.address] }))
    : [{ address: destination, technique: 'destination', trust: 'measured', confidence: 1 }];
}

function Progress({ measurement, live }: { readonly measurement: Measurement; readonly live: LivePath }) {
  const [startedAt] = useState(() => performance.now());
  const now = useNow();
  const { hops, activity, isConnected } = live;
  const spinner = <span className="spinner pulse" aria-hidden="true" />;
  if (!isConnected)
    return (
      <p className="status" role="status">
        {spinner} The connection to the server is lost. The measurement goes on; this page tries to connect again.
      </p>
    );
  return (
    <>
      <p className="status">
        {spinner} {activityText(measurement, activity, hops.at(-1)?.address)}
        {activity !== undefined && <span className="number">, {seconds(now - activity.since)}</span>}
        <span className="number age"> · {seconds(now - startedAt)} in all</span>
      </p>
      {/* What is tried changes too often to be read out. */}
      <p className="visually-hidden" role="status">
        {count(hops.length, 'hop')} found so far.
      </p>
    </>
  );
}

const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

/** The time (`performance.now()`), ten times a second. */
function useNow(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Summary(props: {
  readonly measurement: Measurement;
  readonly result: MeasurementResult;
  readonly onRemeasure: () => void;
}) {
  const { measurement, result, onRemeasure } = props;
  const caveats = caveatsOf(result);
  return (
    <div className="summary">
      <p role="status">
        <strong>{outcomeOf(measurement, result)}</strong> {costOf(result)}
      </p>
      {caveats.map((caveat) => (
        <p className="caveat" key={caveat.type}>
          {caveat.text}{' '}
          {caveat.type === 'reused' && (
            <button type="button" className="link" onClick={onRemeasure}>
              Measure again
            </button>
          )}
        </p>
      ))}
    </div>
  );
}

/** What came out, in a sentence or two. */
export function outcomeOf(
  { destination, source }: Pick<Measurement, 'destination' | 'source'>,
  { stopReason, hops, confidence }: PublicResult['result'],
): string {
  const networks = networksOf(hops).length;
  const size = `${count(hops.length, 'hop')} in ${count(networks, 'network')}`;
  if (stopReason === 'trivial') return `${destination} is the source itself.`;
  if (stopReason !== 'reaches')
    return `The path from ${destination} back to ${source} is incomplete: ${size} were found.`;
  const sure =
    confidence === undefined ? '' : ` All of them are right with a probability of ${formatProbability(confidence)}.`;
  return `The path from ${destination} back to ${source} has ${size}.${sure}`;
}

/** When a result was measured, and what that took. */
export function costOf({ startedAt, endedAt, stats }: PublicResult['result']): string {
  const { withOptions, others } = countProbes(stats);
  const seconds = ((endedAt - startedAt) / 1000).toFixed(1);
  return `Measured on ${formatTime(startedAt)} in ${seconds} s with ${count(withOptions, 'probe')} with IP options and ${count(others, 'other probe')}.`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
