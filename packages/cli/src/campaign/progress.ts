import { count } from '../render/count.ts';
import { duration } from '../render/duration.ts';
import { StatusLine } from '../status-line.ts';
import type { Terminal } from '../terminal.ts';

/** Time of which the rate is an average, milliseconds. */
const RATE_OVER_MS = 60_000;

/** How far a campaign is. */
export interface CampaignState {
  /** Measurements that have ended. */
  readonly done: number;
  /** Pairs in the output. */
  readonly written: number;
  /** Pairs in the output whose path reached the source. */
  readonly reached: number;
  /** What the campaign waits for. */
  readonly note?: string;
}

/** One line on standard error that says how far a campaign is, if standard error is a terminal. */
export class ProgressLine {
  readonly #line: StatusLine;
  readonly #total: number;
  readonly #now: () => number;
  /** Measurements that had ended at a time. */
  readonly #samples: { readonly at: number; readonly done: number }[] = [];

  constructor(
    options: { readonly total: number },
    collaborators: { readonly terminal: Terminal; readonly now: () => number },
  ) {
    this.#total = options.total;
    this.#line = new StatusLine(collaborators.terminal);
    this.#now = collaborators.now;
  }

  /** Shows how many pairs are measured, how many of them are in the output, and how many of those reached their source. */
  show({ done, written, reached, note }: CampaignState): void {
    const at = this.#now();
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[0].at > RATE_OVER_MS) this.#samples.shift();
    const [first] = this.#samples;
    const rate = at > first.at ? ((done - first.done) * 1000) / (at - first.at) : 0;
    const left = this.#total - done;
    const parts = [
      `${count(done)} of ${count(this.#total)} done`,
      ...(written > 0 ? [`${count(reached)} of ${count(written)} reached`] : []),
      ...(rate > 0 ? [`${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s`] : []),
      ...(rate > 0 && left > 0 ? [`${duration(left / rate)} left`] : []),
      ...(note === undefined ? [] : [note]),
    ];
    this.#line.show(parts.join(', '));
  }

  /** Leaves the line. */
  end(): void {
    this.#line.end();
  }
}
