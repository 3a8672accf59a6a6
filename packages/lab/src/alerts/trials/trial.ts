import type { AlertSystem } from '../system/alert-system.ts';

/** A fault that lets alerts fire. */
export interface Trial {
  /** What happens, as a part of a sentence. */
  readonly fault: string;
  /** Seconds after which its alerts do not fire any more. Default: 240. */
  readonly mostSeconds?: number;
  /** Alerts that must fire, and be resolved when the fault is over. */
  readonly alerts: readonly string[];
  /** Other alerts that may fire meanwhile, because the fault has that effect as well. */
  readonly others: readonly string[];
  /** Lets the fault begin. Resolves with what ends it. */
  readonly begin: (system: AlertSystem, signal: AbortSignal) => Promise<() => Promise<void>>;
}
