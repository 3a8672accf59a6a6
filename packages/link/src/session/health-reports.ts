import type { AgentHealth } from '../messages/to-controller.ts';

/** An agent may change its health without end, and each change costs a line of the log, milliseconds. */
const EVERY_MS = 1_000;

/** What one agent reports about its health: tells of changes, of the latest one at the latest after a second, and of no more than one in a second. */
export class HealthReports {
  readonly #tell: (health: AgentHealth) => void;
  #latest: AgentHealth | undefined;
  #isTold = true;
  #isReconnected = false;
  #pause: NodeJS.Timeout | undefined;

  constructor(tell: (health: AgentHealth) => void) {
    this.#tell = tell;
  }

  /** The agent has connected again: its next report is told even if it is the same as before. */
  reconnected(): void {
    this.#isReconnected = true;
  }

  /** Takes a report. */
  receive(health: AgentHealth): void {
    const isSame = health.measures === this.#latest?.measures && health.reason === this.#latest.reason;
    if (isSame && !this.#isReconnected) return;
    this.#isReconnected = false;
    this.#latest = health;
    this.#isTold = false;
    if (this.#pause === undefined) this.#tellLatest();
  }

  /** Tells of nothing any more. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#isTold = true;
  }

  #tellLatest(): void {
    this.#pause = undefined;
    if (this.#isTold || this.#latest === undefined) return;
    this.#isTold = true;
    this.#pause = setTimeout(() => this.#tellLatest(), EVERY_MS);
    this.#tell(this.#latest);
  }
}
