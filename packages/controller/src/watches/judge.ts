import type { FinishedRun, WatchRow, WatchRunRow } from '@revtr/storage';
import { readStoredResult } from '../measurements/stored-result.ts';
import { changeAlerts } from './alerts/alert.ts';
import { networksOf, type SamePlace } from './detection/compare.ts';
import { changeKindsSchema, detectorSchema, type Judgement, judgeRun } from './detection/detector.ts';
import { type Observation, observe } from './detection/observation.ts';

/** What is needed to judge runs. */
export interface JudgeParts {
  readonly samePlace: SamePlace;
  /** Whether an address belongs to one router only. */
  readonly identifiesRouter: (address: string) => boolean;
  readonly pageOf: (watchId: number) => string | undefined;
}

/** When a run is judged, and when a run that confirms it would be due. */
export interface JudgeTimes {
  readonly at: number;
  readonly confirmAt: Date;
}

/**
 * Judges a run by its result and by what the watch remembers: what to store, and whom to alert.
 * @param result JSON of the result; null when the measurement was deleted
 */
export function judge(
  watch: WatchRow,
  run: WatchRunRow,
  result: unknown,
  times: JudgeTimes,
  parts: JudgeParts,
): FinishedRun {
  if (result === null) return notMeasured('deleted');
  const seen = observe(readStoredResult(result), {
    run: run.id,
    source: watch.source,
    identifiesRouter: parts.identifiesRouter,
  });
  if ('noFinding' in seen) return notMeasured(seen.noFinding);
  const known = detectorSchema.safeParse(watch.detector);
  const judgement = judgeRun(known.success ? known.data : undefined, seen, parts.samePlace);
  return toFinished(watch, run, seen, judgement, times, parts);
}

/** A run that shows nothing, for instance because a budget is exhausted. */
export const notMeasured = (detail: string): FinishedRun => ({ outcome: 'notMeasured', detail, alerts: [] });

function toFinished(
  watch: WatchRow,
  run: WatchRunRow,
  seen: Observation,
  { state, verdict, path, needsConfirmation, change }: Judgement,
  { at, confirmAt }: JudgeTimes,
  { pageOf }: JudgeParts,
): FinishedRun {
  const { reach, rttMs, places } = seen;
  const subject = { watch, at, page: pageOf(watch.id) };
  const alerts =
    change === undefined
      ? []
      : changeAlerts(
          subject,
          { ...change, measurementId: run.measurement_id },
          changeKindsSchema.parse(watch.alert_on),
        );
  return {
    outcome: 'measured',
    verdict,
    reach,
    hops: places.length,
    asPath: networksOf(places),
    detector: state,
    alerts,
    ...(path !== undefined && { path }),
    ...(rttMs !== undefined && { rttMs }),
    ...(needsConfirmation && confirmAt < watch.next_run_at && { confirmAt }),
    ...(change && { change }),
  };
}
