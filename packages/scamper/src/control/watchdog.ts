import type { Clock } from '@revtr/probing';
import type { Task } from './task.ts';

/** Times of a {@link Watchdog}, in milliseconds. */
export interface WatchdogOptions {
  /** Pause between two inspections of the running commands. Default 1,000. */
  readonly everyMs?: number;
  /** How long scamper may take to acknowledge a command. Default 3,000. */
  readonly acknowledgeMs?: number;
  /** How long scamper may take to end a command that was cancelled. Default 3,000. */
  readonly haltMs?: number;
  /** How long the health check may take. Default 6,000. */
  readonly checkMs?: number;
}

/** How a {@link Watchdog} reads and repairs the state of the driver. */
export interface WatchdogCollaborators {
  readonly clock: Clock;
  /** Commands that were sent to scamper and have no result yet. */
  readonly running: () => Iterable<Task>;
  /** Sends a command to scamper and resolves with whether it answered within `timeoutMs`. */
  readonly check: (timeoutMs: number) => Promise<boolean>;
  /** Takes back commands that a healthy scamper has lost. */
  readonly onLost: (tasks: readonly Task[]) => void;
  /** Called when the health check failed: scamper must be restarted. */
  readonly onUnhealthy: () => void;
  /** Called when the result of the health check changes. */
  readonly onHealth: (measures: boolean) => void;
}

/**
 * Detects a scamper that hangs. A command that takes longer than expected leads to a health check. If scamper passes, it has lost the
 * command, and the driver takes the command back. If scamper fails, the driver restarts it.
 */
export class Watchdog {
  readonly #options: Required<WatchdogOptions>;
  readonly #collaborators: WatchdogCollaborators;
  #measures = true;

  constructor(options: WatchdogOptions, collaborators: WatchdogCollaborators) {
    this.#options = { everyMs: 1_000, acknowledgeMs: 3_000, haltMs: 3_000, checkMs: 6_000, ...options };
    this.#collaborators = collaborators;
  }

  /** Whether scamper passed its last health check; true before the first one. */
  get measures(): boolean {
    return this.#measures;
  }

  /** Watches scamper until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, check, onLost, onUnhealthy } = this.#collaborators;
    while (!signal.aborted) {
      await clock.sleep(this.#options.everyMs, signal).catch(() => undefined);
      const overdue = this.#overdue();
      if (signal.aborted || (overdue.length === 0 && this.#measures)) continue;
      const isHealthy = await check(this.#options.checkMs);
      if (signal.aborted) return;
      this.#note(isHealthy);
      if (isHealthy) onLost(overdue);
      else onUnhealthy();
    }
  }

  #overdue(): Task[] {
    const now = this.#collaborators.clock.now();
    const { acknowledgeMs, haltMs } = this.#options;
    return [...this.#collaborators.running()].filter(
      ({ sentAt, expectedMs, isAcknowledged, overAt }) =>
        now - sentAt > (isAcknowledged ? expectedMs : acknowledgeMs) || (overAt !== undefined && now - overAt > haltMs),
    );
  }

  #note(measures: boolean): void {
    if (measures === this.#measures) return;
    this.#measures = measures;
    this.#collaborators.onHealth(measures);
  }
}
