import { randomUUID } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import { ProbeSets, Users } from '@revtr/storage';
import { Periodic } from '../foundation/periodic.ts';
import { DestinationCheck } from '../measurements/destination-check.ts';
import { ProbeEvents } from '../probes/probe-events.ts';
import { ProbeRunner } from '../probes/probe-runner.ts';
import { ProbeSubmission } from '../probes/probe-submission.ts';
import { senderRulesOf } from '../probes/sender-rules.ts';
import type { Context } from './context.ts';
import { LONGEST_WAIT_MS } from './open-measurements.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface ProbesSubsystem extends Subsystem {
  readonly sets: ProbeSets;
  readonly submission: ProbeSubmission;
  readonly events: ProbeEvents;
}

const POLL_MS = 1_000;
const CONCURRENCY = 100;
const DAY_MS = 86_400_000;
const CLEAN_EVERY_MS = 3_600_000;

/** Opens the queue of raw probes: submission, the runner that sends them, and their retention. */
export async function openProbes(
  { database, facts, targetPolicy, clock, log, cluster }: Context,
  {
    measuring: { sourceAccess, system, directory },
    safety: { audit, auditEvents },
  }: { readonly measuring: MeasuringSubsystem; readonly safety: SafetySubsystem },
  options: { readonly longestWaitMs?: number | undefined; readonly keepDays: number },
): Promise<ProbesSubsystem> {
  const sets = new ProbeSets(database.db);
  // Only this process uses the database: existing leases are left over from a crash.
  if (database.isExclusive) await sets.release();
  const events = new ProbeEvents();
  const destinationCheck = new DestinationCheck({ targetPolicy, facts });
  const { prober, clock: probingClock } = system.engineParts;
  const users = new Users(database.db);
  const vantagePoints = (): readonly Ipv4Address[] => [
    ...system.vantagePoints(),
    ...system.connected.ready('vantagePoint').map(({ address }) => address),
  ];
  const registered = (): readonly Ipv4Address[] =>
    directory
      .list()
      .flatMap(({ address, kind, state }) => (kind === 'vantagePoint' && state !== 'withdrawn' ? [address] : []));
  const runner = new ProbeRunner(
    {
      ...{ owner: randomUUID(), concurrency: CONCURRENCY, pollMs: POLL_MS },
      longestWaitMs: options.longestWaitMs ?? LONGEST_WAIT_MS,
    },
    {
      ...{ sets, prober, probingClock, destinationCheck, events, audit, clock, log },
      rulesOf: async (userId) => {
        const user = await users.find(userId);
        if (user === undefined || user.disabled_at !== null || user.deleted_at !== null) return undefined;
        return senderRulesOf(user, {
          sources: sourceAccess,
          // A vantage point that is not connected any more may come back while the probe waits for it.
          vantagePoints: () => [...vantagePoints(), ...registered()],
          spoofers: () => [...system.vantagePoints(), ...registered()],
        });
      },
    },
  );
  cluster.leases.onExpired(() => runner.interrupt());
  const submission = new ProbeSubmission({
    ...{ sets, facts, destinationCheck, clock, sources: sourceAccess },
    vantagePoints,
    spoofers: () => system.vantagePoints(),
    onAccepted: () => runner.notify(),
    onRejected: (user, { code, message }) =>
      auditEvents.count({ kind: 'pairRefused', userId: user.id, subject: code, detail: message }),
  });
  const cleaning = new Periodic(
    { everyMs: CLEAN_EVERY_MS, isImmediate: true },
    {
      clock,
      work: () => sets.deleteBefore(new Date(clock.now() - options.keepDays * DAY_MS)),
      onError: (error) => log.error({ err: error }, 'old raw probes could not be deleted'),
    },
  );
  return {
    name: 'probes',
    ...{ sets, submission, events },
    start: () => cleaning.start(),
    onAgentsSettled: () => runner.start(),
    stop: async () => {
      await cleaning.stop();
      await runner.stop();
    },
  };
}
