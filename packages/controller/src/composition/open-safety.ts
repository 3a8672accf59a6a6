import { randomUUID } from 'node:crypto';
import type { WithTechnique } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Prober } from '@revtr/probing';
import { AuditBlocks, AuditEventRecords, KillSwitchRecords, ProbeCounts } from '@revtr/storage';
import { AgentProofs, type AgentProofsCollaborators } from '../agents/agent-proofs.ts';
import { sharedProofs } from '../agents/shared-proofs.ts';
import { AuditEvents } from '../audit/audit-events.ts';
import { AuditGuard } from '../audit/audit-guard.ts';
import { FileJournal, NO_JOURNAL } from '../audit/audit-journal.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { RecordedWork } from '../audit/recorded-work.ts';
import type { Role } from '../cluster/roles.ts';
import { BudgetGuard } from '../safety/budgets/budget-guard.ts';
import { BudgetJournal } from '../safety/budgets/budget-journal.ts';
import { SharedCounts } from '../safety/budgets/shared-counts.ts';
import { SubjectFinder } from '../safety/budgets/subjects.ts';
import { CircuitBreaker } from '../safety/circuits/circuit-breaker.ts';
import { SharedCircuits } from '../safety/circuits/shared-circuits.ts';
import { GuardedProber, type GuardedProberCollaborators, type ProbeGuard } from '../safety/guarded-prober.ts';
import { KillSwitches } from '../safety/kill-switches.ts';
import { NetworkLookup } from '../safety/network-lookup.ts';
import { withTechnique } from '../safety/probe-context.ts';
import { pooledRandomBytes } from '../safety/random-pool.ts';
import { SafetyMetrics } from '../safety/safety-metrics.ts';
import type { SafetySettings } from '../safety/settings.ts';
import { SharedSwitches } from '../safety/shared-switches.ts';
import { TargetGuard } from '../safety/target-guard.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** How the audit is kept. */
export interface AuditOptions {
  /** Directory of the journal, for this process alone. `undefined`: none, for a database in memory. */
  readonly directory: string | undefined;
  /** How long records and events are kept, days. */
  readonly days: number;
}

/** Options of {@link openSafety}. */
export interface SafetyOptions {
  readonly audit: AuditOptions;
  /** Limits of probing. */
  readonly safety: SafetySettings;
}

export interface SafetySubsystem extends Subsystem {
  readonly switches: KillSwitches;
  readonly circuits: CircuitBreaker;
  readonly budgets: BudgetGuard;
  readonly audit: AuditLog;
  /** Interrupts work, and lets it wait, while the audit cannot record its probes. */
  readonly recorded: RecordedWork;
  readonly auditEvents: AuditEvents;
  /** What the answers to probes show about agents. */
  readonly proofs: AgentProofs;
  /** Puts every safety rule in front of a prober. All probes of the controller pass through one. */
  readonly guarded: (prober: Prober) => Prober;
  /** For the engine: tells the safety rules which technique sends a probe. */
  readonly withTechnique: WithTechnique;
}

const DAY_MS = 86_400_000;

/**
 * Opens the safety rules that every probe must pass, and the audit. Restores the packets counted today. The audit comes last: it records
 * what the others let through.
 *
 * @param hosts about the sources and vantage points of this system: whether an address is one of theirs, whether its agent is one of revtr 2.0,
 *   and who owns it
 */
export async function openSafety(
  context: Context,
  options: SafetyOptions,
  hosts: Readonly<Record<'isOwn' | 'isLegacy', (address: Ipv4Address) => boolean>> &
    Pick<AgentProofsCollaborators, 'ownerOf'>,
): Promise<SafetySubsystem> {
  const { database, clock, log, cluster, targetPolicy } = context;
  const switches = await KillSwitches.open({ records: new KillSwitchRecords(database.db), clock });
  const { bus, changes, members, leases, isShared, roles } = cluster;
  const { ownerOf } = hosts;
  const shared = isShared ? new SharedSwitches({ switches, bus, changes, clock, log }) : undefined;
  const { budgets, circuits, journal, counts, sharedCircuits } = await openLimits(context, options.safety, hosts.isOwn);
  const { audit, auditEvents } = await openAudit(context, options.audit);
  audit.onChange((canRecord) => {
    // Another engine may be able to probe.
    if (isShared && roles.has('engine')) members.pause('engine', !canRecord);
    leases.wake();
  });
  const onProofError = (error: unknown): void =>
    log.error({ err: error }, 'what answers show about agents could not be told');
  const { proofs, news: proofNews } = isShared
    ? sharedProofs({ testsAgents: roles.has('atlas'), bus, clock, ownerOf, onError: onProofError })
    : { proofs: new AgentProofs({ clock, ownerOf }), news: undefined };
  const guards: ProbeGuard[] = [
    switches,
    new TargetGuard({ targetPolicy }),
    circuits,
    budgets,
    proofs,
    new AuditGuard({ audit, clock }),
  ];
  const onRefused: GuardedProberCollaborators['onRefused'] = (request, error, cause) =>
    auditEvents.count({
      kind: 'probeRefused',
      userId: cause !== undefined && 'userId' in cause ? cause.userId : undefined,
      client: formatIpv4(request.sender),
      subject: formatIpv4(request.target),
      detail: `${error.code}: ${error.message}`,
    });
  return {
    name: 'safety',
    switches,
    circuits,
    budgets,
    audit,
    recorded: new RecordedWork(audit),
    auditEvents,
    proofs,
    guarded: (prober) =>
      new GuardedProber({
        ...{ prober, guards, clock, randomBytes: pooledRandomBytes, onRefused },
        isLegacy: hosts.isLegacy,
      }),
    withTechnique,
    start: () => {
      shared?.start();
      counts?.start(budgets);
      sharedCircuits?.start();
      proofNews?.start();
      journal.start();
      audit.start();
      auditEvents.start();
    },
    stop: async () => {
      await shared?.stop();
      await counts?.stop();
      await sharedCircuits?.stop();
      await proofNews?.stop();
      await journal.stop();
      await auditEvents.stop();
      await audit.stop();
    },
  };
}

/** Roles of the processes that send probes of their own. */
const PROBING_ROLES: readonly Role[] = ['engine', 'atlas'];
const STORE_COUNTS_MS = 5_000;
/** Entries of the journal of budgets: those of five minutes. */
const MOST_ENTRIES = 60;

async function openLimits(
  { database, facts, metrics, clock, log, cluster }: Context,
  settings: SafetySettings,
  isOwn: (address: Ipv4Address) => boolean,
): Promise<{
  readonly budgets: BudgetGuard;
  readonly circuits: CircuitBreaker;
  readonly journal: BudgetJournal;
  readonly counts: SharedCounts | undefined;
  readonly sharedCircuits: SharedCircuits | undefined;
}> {
  const networks = new NetworkLookup({ ipToAs: facts.ipToAs });
  const safetyMetrics = new SafetyMetrics(metrics);
  const { bus, members, isShared, roles } = cluster;
  // Gateways and senders of mails send no probes, and show no budgets.
  const follows = roles.has('api') || roles.has('engine') || roles.has('atlas');
  const onError = (error: unknown): void => log.error({ err: error }, 'the counts of packets could not be told');
  const counted = isShared ? new SharedCounts({ follows }, { bus, clock, onError }) : undefined;
  const budgets = new BudgetGuard(settings.budgets, {
    subjects: new SubjectFinder({ networks, isOwn }),
    clock,
    onRefused: (budget) => safetyMetrics.refused(budget),
    onHeld: (holdMs) => safetyMetrics.held(holdMs),
    ...(counted !== undefined && {
      // Sources are spread over all engines: each of them probes about as much as the others.
      share: () => 1 / Math.max(1, members.countAtWork(PROBING_ROLES)),
      onCounted: (count) => counted.note(count),
    }),
  });
  const onCircuitError = (error: unknown): void => log.error({ err: error }, 'suspended networks could not be told');
  const sharedCircuits = isShared
    ? new SharedCircuits({ bus, clock, onError: onCircuitError, circuits: () => circuits })
    : undefined;
  const circuits: CircuitBreaker = new CircuitBreaker(settings.circuits, {
    networks,
    isOwn,
    clock,
    onOpened: (circuit) => {
      safetyMetrics.opened(circuit);
      log.warn({ circuit }, 'probing of a network is suspended, because its answers have changed for the worse');
    },
    onClosed: (kind, subject) => log.info({ kind, subject }, 'probing of a network is resumed'),
    ...(sharedCircuits && { onNews: (news) => sharedCircuits.note(news) }),
  });
  safetyMetrics.observeSuspended(() => circuits.suspended);
  const counts = new ProbeCounts(database.db, randomUUID());
  const journal = new BudgetJournal(
    { everyMs: STORE_COUNTS_MS, mostEntries: MOST_ENTRIES },
    { guard: budgets, counts, clock, log },
  );
  await journal.restore();
  return { budgets, circuits, journal, counts: counted, sharedCircuits };
}

const FLUSH_AUDIT_MS = 2_000;

async function openAudit(
  { database, clock, log }: Context,
  { directory, days }: AuditOptions,
): Promise<{ readonly audit: AuditLog; readonly auditEvents: AuditEvents }> {
  const keepMs = days * DAY_MS;
  const journal = directory === undefined ? NO_JOURNAL : new FileJournal({ directory });
  const blocks = new AuditBlocks(database.db);
  const audit = new AuditLog({ flushMs: FLUSH_AUDIT_MS, keepMs }, { blocks, journal, clock, log });
  await audit.open();
  const auditEvents = new AuditEvents({ keepMs }, { records: new AuditEventRecords(database.db), clock, log });
  return { audit, auditEvents };
}
