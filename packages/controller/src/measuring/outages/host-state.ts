/** What is known of a host at this moment. Times are milliseconds since the Unix epoch. */
export class HostState {
  /** The latest time at which the host is known to have been online. */
  heardAt = Number.NEGATIVE_INFINITY;
  /** When its last outage ended. */
  outageEndedAt = Number.NEGATIVE_INFINITY;
  /** When its reference targets were asked last, and when they could not tell anything last. */
  checkedAt = Number.NEGATIVE_INFINITY;
  undecidedAt = Number.NEGATIVE_INFINITY;
  isChecking = false;
  /** Set while the host is suspended. */
  suspended: { /** When it was last known to be online. */ readonly from: number; readonly at: number } | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: { /** When the host was seen first. */ readonly now: number }) {
    this.heardAt = options.now;
  }

  /** Notes that the host was online at `at`. */
  heard(at: number): void {
    this.heardAt = Math.max(this.heardAt, at);
    this.announce();
  }

  /** Resolves with the next news of the host. */
  news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes whoever waits for news. */
  announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
