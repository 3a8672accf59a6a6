import type { Clock } from '@revtr/probing';
import type { ManagedProcess } from '../deployment/managed-process.ts';
import { type Flatness, flatnessOf } from './flatness.ts';
import { type ProcessUsage, usageOf } from './process-usage.ts';

export interface UsageSamplesCollaborators {
  readonly clock: Clock;
  /** Called once a minute with the newest sample. */
  readonly onMinute: (usage: ProcessUsage) => void;
}

const SAMPLE_MS = 5_000;
const REPORT_MS = 60_000;

/** What a program uses over time. */
export class UsageSamples {
  readonly #program: ManagedProcess;
  readonly #collaborators: UsageSamplesCollaborators;
  /** The samples of each process that has run the program, in order. */
  readonly #runs: ProcessUsage[][] = [[]];

  constructor(program: ManagedProcess, collaborators: UsageSamplesCollaborators) {
    this.#program = program;
    this.#collaborators = collaborators;
  }

  /** Tells that another process runs the program from now on. */
  restarted(): void {
    this.#runs.push([]);
  }

  /** Takes samples until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onMinute } = this.#collaborators;
    let reportedAt = performance.now();
    while (!signal.aborted) {
      await clock.sleep(SAMPLE_MS, signal).catch(() => undefined);
      const usage = this.#program.pid === undefined ? undefined : usageOf(this.#program.pid);
      if (usage === undefined) continue;
      this.#runs.at(-1)?.push(usage);
      if (performance.now() - reportedAt < REPORT_MS) continue;
      reportedAt = performance.now();
      onMinute(usage);
    }
  }

  /** How flat the usage was in the process that ran longest. */
  flatness(): Flatness & { readonly sampledMinutes: number } {
    const longest = this.#runs.reduce((a, b) => (b.length > a.length ? b : a));
    return { sampledMinutes: Math.round((longest.length * SAMPLE_MS) / 60_000), ...flatnessOf(longest) };
  }
}
