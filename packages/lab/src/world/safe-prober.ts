import { randomBytes } from 'node:crypto';
import {
  BudgetGuard,
  CircuitBreaker,
  GuardedProber,
  NetworkLookup,
  type SafetySettings,
  SubjectFinder,
} from '@revtr/controller';
import type { IpToAs } from '@revtr/engine';
import type { Clock, Prober } from '@revtr/probing';

/** A prober behind the safety rules of the controller, without the controller: for tests and benchmarks. */
export interface SafeProber extends Prober {
  readonly budgets: BudgetGuard;
  readonly circuits: CircuitBreaker;
}

/** Puts budgets and circuit breakers in front of a prober. `clock` is the one by which packets are counted. */
export function safeProber(
  settings: SafetySettings,
  { prober, ipToAs, clock }: { readonly prober: Prober; readonly ipToAs: IpToAs; readonly clock: Clock },
): SafeProber {
  const networks = new NetworkLookup({ ipToAs });
  const isOwn = (): boolean => false;
  const budgets = new BudgetGuard(settings.budgets, { subjects: new SubjectFinder({ networks, isOwn }), clock });
  const circuits = new CircuitBreaker(settings.circuits, {
    networks,
    isOwn,
    clock,
    onOpened: () => undefined,
    onClosed: () => undefined,
  });
  const guarded = new GuardedProber({ prober, guards: [circuits, budgets], clock, randomBytes });
  return {
    budgets,
    circuits,
    ping: (request, signal, hooks) => guarded.ping(request, signal, hooks),
    traceroute: (request, signal) => guarded.traceroute(request, signal),
  };
}
