import { CountMinSketch } from './count-min-sketch.ts';

/** How many packets one key may receive. */
export interface Rate {
  /** Packets per second in the long run; four seconds' worth may come at once. */
  readonly perSecond: number;
  /** Packets per day of 24 hours, counted from the start of the agent. */
  readonly perDay: number;
}

const BURST_SECONDS = 4;
const DAY_MS = 86_400_000;

/** Limits packets per second and per day for each of any number of keys, in fixed memory. */
export class KeyBudget {
  readonly #rate: Rate;
  /** When the allowance of a key is full again (generic cell rate algorithm, ITU-T I.371), milliseconds from the start. */
  readonly #fullAt: CountMinSketch;
  readonly #today: CountMinSketch;
  #day = 0;

  constructor(rate: Rate, collaborators: { readonly random: () => number }) {
    this.#rate = rate;
    this.#fullAt = new CountMinSketch(collaborators);
    this.#today = new CountMinSketch(collaborators);
  }

  /** When the next packet may be sent: `now` or earlier means at once. Milliseconds since the start of the agent. */
  nextAt(key: number, now: number): number {
    this.#turnDay(now);
    if (this.#today.get(key) >= this.#rate.perDay) return (this.#day + 1) * DAY_MS;
    const gapMs = 1_000 / this.#rate.perSecond;
    return this.#fullAt.get(key) + gapMs - Math.max(gapMs, BURST_SECONDS * 1_000);
  }

  /** Counts a packet. */
  count(key: number, now: number): void {
    this.#fullAt.raise(key, Math.max(now, this.#fullAt.get(key)) + 1_000 / this.#rate.perSecond);
    this.countToday(key, now, 1);
  }

  /** Counts packets for the day alone: those of a traceroute leave one after the other. */
  countToday(key: number, now: number, packets: number): void {
    this.#turnDay(now);
    this.#today.raise(key, this.#today.get(key) + packets);
  }

  #turnDay(now: number): void {
    const day = Math.floor(now / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#today.clear();
  }
}
