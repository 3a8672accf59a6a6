import { randomUUID } from 'node:crypto';
import type { Owners } from '@revtr/engine';
import { Batches, Jobs, Leases, MeasurementFinder, QueueState, type User } from '@revtr/storage';
import type { TraceroutesOnDemand } from '../atlas/traceroutes-on-demand.ts';
import { sourceOfLease } from '../cluster/leases/source-claim.ts';
import { BatchEvents } from '../measurements/batch-events.ts';
import { DestinationCheck } from '../measurements/destination-check.ts';
import { ownedJobs } from '../measurements/owned-jobs.ts';
import { MeasurementRunner } from '../measurements/runner.ts';
import { SharedEvents } from '../measurements/shared-events.ts';
import { sharedSilences } from '../measurements/shared-silences.ts';
import { Submission } from '../measurements/submission.ts';
import type { Pace } from '../measurements/waiting/pace.ts';
import { SharedPace } from '../measurements/waiting/shared-pace.ts';
import { type EnginePace, WaitingTimes } from '../measurements/waiting/waiting-times.ts';
import type { Context } from './context.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface MeasurementsSubsystem extends Subsystem {
  readonly batches: Batches;
  readonly finder: MeasurementFinder;
  readonly queue: QueueState;
  readonly waiting: WaitingTimes;
  readonly submission: Submission;
  readonly events: BatchEvents;
  readonly runner: MeasurementRunner;
  /** Cancels a batch, see {@link MeasurementRunner.cancel}. */
  cancel(batchId: number): Promise<number>;
  /** Share of the places for measurements that are taken, 0 to 1. */
  load(): number;
}

const LEASE_MS = 30_000;
const POLL_MS = 1_000;
/** How long measurements and raw probes wait in their queues by default, milliseconds. */
export const LONGEST_WAIT_MS = 72 * 3_600_000;

/** Opens the queue of measurements: submission, the runner that leases and measures them, and their events. */
export async function openMeasurements(
  { database, cold, facts, targetPolicy, metrics, clock, random, log, cluster, tracing }: Context,
  {
    measuring: { sourceAccess, system },
    safety: { audit, auditEvents, switches },
    owners,
    onDemand,
    isPublic,
    owned,
  }: {
    readonly measuring: MeasuringSubsystem;
    readonly safety: SafetySubsystem;
    readonly owners: Owners;
    readonly onDemand: TraceroutesOnDemand | undefined;
    readonly isPublic: (owner: Pick<User, 'id'>) => boolean;
    /** The sources that this engine of a cluster owns, dotted quads. */
    readonly owned: () => readonly string[];
  },
  options: {
    readonly concurrency: number;
    readonly maxBatch: number;
    /** See {@link RunnerOptions.longestWaitMs}. Default: three days. */
    readonly longestWaitMs?: number | undefined;
  },
): Promise<MeasurementsSubsystem> {
  const jobs = new Jobs(database.db);
  // Only this process uses the database: existing leases are left over from a crash.
  if (database.isExclusive) await jobs.release();
  const batches = new Batches(database.db, cold.store);
  const events = new BatchEvents();
  const { bus, isShared, changes } = cluster;
  const onError = (error: unknown): void =>
    log.error({ err: error }, 'the batches that are followed could not be told');
  const silences =
    isShared && cluster.roles.has('engine')
      ? sharedSilences({ bus, clock, onError, engine: system.engine })
      : undefined;
  const sharedEvents = isShared ? new SharedEvents({ bus, events, clock, onError }) : undefined;
  const runner = new MeasurementRunner(
    {
      ...{ owner: isShared ? bus.id : randomUUID(), concurrency: options.concurrency },
      ...{ leaseMs: LEASE_MS, pollMs: POLL_MS, longestWaitMs: options.longestWaitMs ?? LONGEST_WAIT_MS },
    },
    {
      ...(isShared ? { jobs: ownedJobs(jobs, owned), owned } : { jobs }),
      ...{ batches, engine: system.engine, facts, owners, onDemand, events, metrics, switches, audit, clock },
      ...{ random: () => random.next(), log, tracing, delayMs: system.delayMs },
    },
  );
  const queue = new QueueState(database.db);
  const isEngine = cluster.roles.has('engine');
  if (isEngine) {
    metrics.observeLimit(() => runner.limit);
    const { delayMs } = system;
    if (delayMs !== undefined) metrics.observeDelay(delayMs);
  }
  const ownPace = (): Pace | undefined => (isEngine ? runner.pace : undefined);
  const sharedPace = isShared ? new SharedPace({ bus, clock, own: ownPace, onError }) : undefined;
  const leases = new Leases(database.db);
  const waiting = new WaitingTimes({
    queue,
    clock,
    engines: async () => {
      if (sharedPace === undefined) return () => withPace('', ownPace());
      const owners = new Map((await leases.list()).map(({ name, owner }) => [sourceOfLease(name), owner]));
      return (source) => {
        const owner = owners.get(source);
        return owner === undefined ? undefined : withPace(owner, sharedPace.of(owner));
      };
    },
  });
  const submission = new Submission(
    { maxBatch: options.maxBatch },
    {
      batches,
      sources: sourceAccess,
      facts,
      destinationCheck: new DestinationCheck({ targetPolicy, facts }),
      clock,
      tracing,
      isPublic,
      onAccepted: () => {
        runner.notify();
        changes.announce({ type: 'submitted' });
      },
      onRejected: (user, { code, message }) =>
        auditEvents.count({ kind: 'pairRefused', userId: user.id, subject: code, detail: message }),
    },
  );
  changes.on('submitted', () => runner.notify());
  changes.on(
    'cancelled',
    ({ batchId }) => runner.noteCancelled(batchId),
    () => runner.noteMissedCancellations(),
  );
  return {
    name: 'measurements',
    runner,
    batches,
    finder: new MeasurementFinder({ db: database.db, cold: cold.store }),
    queue,
    waiting,
    submission,
    events,
    cancel: async (batchId) => {
      const ended = await runner.cancel(batchId);
      changes.announce({ type: 'cancelled', batchId });
      return ended;
    },
    load: () => runner.load,
    start: () => {
      sharedEvents?.start();
      silences?.start();
      sharedPace?.start();
    },
    onAgentsSettled: () => {
      if (isEngine) runner.start();
    },
    stop: async () => {
      await silences?.stop();
      await runner.stop();
      await sharedPace?.stop();
      await sharedEvents?.stop();
    },
  };
}

const withPace = (engine: string, pace: Pace | undefined): EnginePace | undefined => pace && { engine, ...pace };
