import { randomUUID } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import type { Prober } from '@revtr/probing';
import { ProbeCounts } from '@revtr/storage';
import { BudgetGuard } from '../safety/budgets/budget-guard.ts';
import { BudgetJournal } from '../safety/budgets/budget-journal.ts';
import { SubjectFinder } from '../safety/budgets/subjects.ts';
import { CircuitBreaker } from '../safety/circuits/circuit-breaker.ts';
import { GuardedProber, type ProbeGuard } from '../safety/guarded-prober.ts';
import { NetworkLookup } from '../safety/network-lookup.ts';
import { SafetyMetrics } from '../safety/safety-metrics.ts';
import type { SafetySettings } from '../safety/settings.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface SafetySubsystem extends Subsystem {
  readonly budgets: BudgetGuard;
  readonly circuits: CircuitBreaker;
  /** Puts every safety rule in front of a prober. All probes of the controller pass through one. */
  guarded(prober: Prober): Prober;
}

const STORE_MS = 5_000;
/** Entries of the journal of budgets: those of five minutes. */
const MOST_ENTRIES = 60;

/**
 * Opens the safety rules that every probe must pass, and restores the packets counted today.
 *
 * @param isOwn whether an address is that of a source or vantage point of this system
 */
export async function openSafety(
  { database, facts, metrics, clock, log }: Context,
  settings: SafetySettings,
  isOwn: (address: Ipv4Address) => boolean,
): Promise<SafetySubsystem> {
  const networks = new NetworkLookup({ ipToAs: facts.ipToAs });
  const safetyMetrics = new SafetyMetrics(metrics);
  const budgets = new BudgetGuard(settings.budgets, {
    subjects: new SubjectFinder({ networks, isOwn }),
    clock,
    onRefused: (budget) => safetyMetrics.refused(budget),
    onHeld: (holdMs) => safetyMetrics.held(holdMs),
  });
  const circuits = new CircuitBreaker(settings.circuits, {
    networks,
    isOwn,
    clock,
    onOpened: (circuit) => {
      safetyMetrics.opened(circuit);
      log.warn({ circuit }, 'probing of a network is suspended, because its answers have changed for the worse');
    },
    onClosed: (kind, subject) => log.info({ kind, subject }, 'probing of a network is resumed'),
  });
  safetyMetrics.observeSuspended(() => circuits.suspended);
  const counts = new ProbeCounts(database.db, randomUUID());
  const journal = new BudgetJournal(
    { everyMs: STORE_MS, mostEntries: MOST_ENTRIES },
    { guard: budgets, counts, clock, log },
  );
  await journal.restore();
  const guards: ProbeGuard[] = [circuits, budgets];
  return {
    name: 'safety',
    budgets,
    circuits,
    guarded: (prober) => new GuardedProber({ prober, guards, clock }),
    start: () => journal.start(),
    stop: () => journal.stop(),
  };
}
