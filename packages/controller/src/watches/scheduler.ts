import { type Clock, inParallel, type Random } from '@revtr/probing';
import type { ClaimedRun, WatchHistory, WatchRow, WatchRunRow, WatchRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import type { StoredOptions } from '../measurements/options.ts';
import type { Submission } from '../measurements/submission.ts';
import { pausedAlerts } from './alerts/alert.ts';
import type { AlertDispatcher } from './alerts/dispatcher.ts';
import type { PauseReason } from './alerts/pause-reasons.ts';
import { type JudgeParts, judge, notMeasured } from './judge.ts';
import type { WatchOwners } from './owners.ts';
import type { WatchSettings } from './settings.ts';

export interface SchedulerOptions extends Pick<WatchSettings, 'historyDays'> {
  /** Time between two looks at the database, milliseconds. Default 1,000. */
  readonly pollMs?: number;
}

export interface SchedulerCollaborators extends JudgeParts {
  readonly runs: WatchRuns;
  readonly history: WatchHistory;
  readonly submission: Pick<Submission, 'submit'>;
  readonly owners: WatchOwners;
  readonly dispatcher: Pick<AlertDispatcher, 'wake'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const POLL_MS = 1_000;
const MOST_AT_ONCE = 100;
const CONCURRENCY = 10;
/** A process that has claimed a run submits it in this time, or another one does. */
const LEASE_MS = 60_000;
const CLEAN_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
/** The time between two runs varies by this share of the interval in either direction, and by ten minutes at most. */
const JITTER = 0.1;
const MOST_JITTER_MS = 600_000;
/** A run that confirms another follows after half a minute to a minute. */
const CONFIRM_MS = 60_000;

/**
 * Every run measures anew: reused results would hide a change, and repeated ones would confirm themselves. Traceroutes of the atlas show the
 * routes of the time when they were measured, which may be a day ago.
 */
export const WATCH_OPTIONS: StoredOptions = { reuseMaxAgeMs: 0, useAtlas: false, measureRtts: true };

/** Submits the runs of watches when they are due, judges them when they have ended, and deletes old ones. */
export class WatchScheduler {
  readonly #historyMs: number;
  readonly #collaborators: SchedulerCollaborators;
  readonly #series: readonly Periodic[];

  constructor({ historyDays, pollMs = POLL_MS }: SchedulerOptions, collaborators: SchedulerCollaborators) {
    this.#historyMs = historyDays * DAY_MS;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    const repeat = (everyMs: number, what: string, work: () => Promise<void>): Periodic =>
      new Periodic(
        { everyMs },
        { clock, work, onError: (error) => log.error({ err: error }, `${what}; the controller tries again`) },
      );
    this.#series = [
      repeat(pollMs, 'due watches could not be read', () => this.#submitDue()),
      repeat(pollMs, 'runs of watches could not be judged', () => this.#judgeEnded()),
      repeat(CLEAN_EVERY_MS, 'the history of watches could not be shortened', () => this.#clean()),
    ];
  }

  start(): void {
    for (const series of this.#series) series.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#series.map((series) => series.stop()));
  }

  async #submitDue(): Promise<void> {
    const { runs, clock } = this.#collaborators;
    const now = clock.now();
    const lease = { limit: MOST_AT_ONCE, leaseUntil: new Date(now + LEASE_MS) };
    const abandoned = await runs.takeAbandoned(new Date(now), lease);
    const due = await runs.claimDue(new Date(now), { ...lease, next: (watch) => this.#nextRun(watch, now) });
    const claimed = [...abandoned, ...due];
    await inParallel(claimed.length, CONCURRENCY, (i) => this.#submit(claimed[i]));
  }

  /** After an outage a watch runs once, not once for each run that it missed. */
  #nextRun({ interval_seconds }: WatchRow, now: number): Date {
    const intervalMs = interval_seconds * 1000;
    const jitterMs = Math.min(MOST_JITTER_MS, JITTER * intervalMs) * (2 * this.#collaborators.random.next() - 1);
    return new Date(now + intervalMs + jitterMs);
  }

  async #submit({ watch, run }: ClaimedRun): Promise<void> {
    const { log, runs, owners, submission } = this.#collaborators;
    try {
      if (watch.state === 'paused') {
        await runs.finish(run, this.#now(), () => notMeasured('paused'));
        return;
      }
      const label = `watch ${watch.id} run ${run.id}`;
      const owner = await owners.of(watch);
      if ('pause' in owner) return await this.#pause(watch, run, owner.pause);
      const { source, destination } = watch;
      const outcome = await submission
        .submit(owner.user, [{ source, destination, label, options: WATCH_OPTIONS }], {
          skipInvalid: false,
          keyId: watch.key_id,
          // A run whose process ended after it was submitted is found again, not repeated.
          idempotencyKey: label,
          isBackground: true,
        })
        .catch((error: unknown) => owners.explain(watch, error));
      if ('batchId' in outcome) return await runs.submitted(run, outcome.batchId);
      if ('pause' in outcome) return await this.#pause(watch, run, outcome.pause);
      await runs.finish(run, this.#now(), () => notMeasured(outcome.skip));
    } catch (error) {
      // The claim ends, and the run is submitted then.
      log.error({ err: error, watch: watch.id }, 'a run of a watch could not be submitted; the controller tries again');
    }
  }

  async #pause({ id }: WatchRow, run: WatchRunRow, reason: PauseReason): Promise<void> {
    const { runs, dispatcher, pageOf, clock, log } = this.#collaborators;
    const at = clock.now();
    await runs.finish(run, new Date(at), (watch) => ({
      ...notMeasured(reason),
      pauseReason: reason,
      alerts: pausedAlerts({ watch, at, page: pageOf(id) }, reason),
    }));
    dispatcher.wake();
    log.info({ watch: id, reason }, 'a watch is paused');
  }

  async #judgeEnded(): Promise<void> {
    const { runs, dispatcher, clock, random, log } = this.#collaborators;
    const ended = await runs.ended(MOST_AT_ONCE);
    for (const { run, result } of ended) {
      const at = clock.now();
      const confirmAt = new Date(at + CONFIRM_MS * (1 - random.next() / 2));
      try {
        await runs.finish(run, new Date(at), (watch) =>
          judge(watch, run, result, { at, confirmAt }, this.#collaborators),
        );
      } catch (error) {
        log.error({ err: error, run: run.id }, 'the result of a watch cannot be judged');
        await runs.finish(run, new Date(at), () => notMeasured('internal'));
      }
    }
    if (ended.length > 0) dispatcher.wake();
  }

  async #clean(): Promise<void> {
    const before = new Date(this.#collaborators.clock.now() - this.#historyMs);
    while (await this.#collaborators.history.deleteBefore(before));
  }

  #now(): Date {
    return new Date(this.#collaborators.clock.now());
  }
}
