import { systemClock } from '@revtr/probing';
import type { AlertWatch } from '../prometheus/alert-watch.ts';
import { SCRAPE_SECONDS } from '../prometheus/faster-rules.ts';
import type { AlertSystem } from '../system/alert-system.ts';
import type { Trial } from './trial.ts';

/** How an alert followed a fault. */
export interface Outcome {
  readonly alert: string;
  readonly fault: string;
  /** Seconds from the begin of the fault to the alert; absent when it did not fire. */
  readonly firedAfter: number | undefined;
  /** Seconds from the time when the fault begins to end to the end of the alert; absent when it did not end. */
  readonly resolvedAfter: number | undefined;
}

/** An alert that takes longer does not fire, unless its trial says otherwise, and one that lasts longer is not resolved, seconds. */
const MOST_SECONDS = 240;
/** Two readings of the metrics, and the time for which they must be bad. */
const AFTERMATH_MS = 4 * SCRAPE_SECONDS * 1_000;

export interface TrialCollaborators {
  readonly system: AlertSystem;
  readonly watch: AlertWatch;
}

/**
 * Lets a fault happen, waits until its alerts fire, ends the fault, and waits until they are resolved.
 * @throws {KernelLabError}, {ClientError} when the fault cannot begin or end
 */
export async function runTrial(
  { fault, alerts, others, begin, mostSeconds = MOST_SECONDS }: Trial,
  { system, watch }: TrialCollaborators,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const forget = watch.expect([...alerts, ...others]);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  try {
    const firing = Promise.all(alerts.map((alert) => watch.until(alert, true, mostSeconds, until)));
    firing.catch(() => undefined);
    const end = await begin(system, signal);
    const fired = await firing;
    const ending = Promise.all(alerts.map((alert) => watch.until(alert, false, MOST_SECONDS, until)));
    ending.catch(() => undefined);
    await end();
    // What ends a fault may itself be seen later, for example the restart of a process.
    await systemClock.sleep(AFTERMATH_MS, signal);
    const resolved = await ending;
    await Promise.all(others.map((alert) => watch.until(alert, false, MOST_SECONDS, until)));
    return alerts.map((alert, i) => ({
      ...{ alert, fault, firedAfter: fired[i] },
      resolvedAfter: fired[i] === undefined ? undefined : resolved[i],
    }));
  } finally {
    over.abort();
    forget();
  }
}
