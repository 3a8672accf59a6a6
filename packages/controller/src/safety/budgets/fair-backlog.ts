/** Share of the longest wait that users who wait already leave to users who come. */
const KEPT_SHARE = 1 / 4;
const SLOT_MS = 1_000;

interface Backlog {
  /** What waits, by the second in which it is due and then by user, milliseconds of the rate. */
  readonly slots: Map<number, Map<number, number>>;
  readonly sums: Map<number, number>;
}

/**
 * Divides the wait for a rate between the users who wait. Probes leave in the order in which they were accepted; users who wait all the time
 * have equal parts of what waits, and so they get equal parts of the rate. A user who comes always finds room.
 */
export class FairBacklog {
  readonly #mostMs: number;
  readonly #backlogs = new Map<number, Backlog>();

  /** @param mostMs the longest wait of a probe, milliseconds */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /** Whether a user may wait for `costMs` more of the rate of a subject. */
  hasRoom(subject: number, user: number, costMs: number, now: number): boolean {
    const backlog = this.#backlogs.get(subject);
    if (backlog === undefined) return true;
    this.#drain(subject, backlog, now);
    const own = backlog.sums.get(user) ?? 0;
    // The first probe of a user is judged by the rate alone.
    if (own === 0) return true;
    return own + costMs <= (this.#mostMs * (1 - KEPT_SHARE)) / backlog.sums.size;
  }

  /** A probe of a user waits until `dueAt`. */
  add(subject: number, user: number, costMs: number, dueAt: number): void {
    const backlog = this.#backlogs.get(subject) ?? { slots: new Map(), sums: new Map() };
    this.#backlogs.set(subject, backlog);
    const slot = Math.floor(dueAt / SLOT_MS);
    const due = backlog.slots.get(slot) ?? new Map<number, number>();
    backlog.slots.set(slot, due);
    due.set(user, (due.get(user) ?? 0) + costMs);
    backlog.sums.set(user, (backlog.sums.get(user) ?? 0) + costMs);
  }

  #drain(subject: number, { slots, sums }: Backlog, now: number): void {
    for (const [slot, due] of slots) {
      // Slots were added in the order of time.
      if ((slot + 1) * SLOT_MS > now) break;
      slots.delete(slot);
      for (const [user, costMs] of due) {
        const left = (sums.get(user) ?? 0) - costMs;
        if (left > 1e-6) sums.set(user, left);
        else sums.delete(user);
      }
    }
    if (sums.size === 0) this.#backlogs.delete(subject);
  }
}
