import { duration } from '../render/duration.ts';
import { StatusLine } from '../status-line.ts';
import type { Terminal } from '../terminal.ts';

/** Time of which the rate is an average, milliseconds. */
const RATE_OVER_MS = 60_000;

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

  show({ done, reached, note }: { readonly done: number; readonly reached: number; readonly note?: string }): void {
    const at = this.#now();
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[0].at > RATE_OVER_MS) this.#samples.shift();
    const [first] = this.#samples;
    const rate = at > first.at ? ((done - first.done) * 1000) / (at - first.at) : 0;
    const parts = [
      `${count(done)} of ${count(this.#total)} done`,
      `${count(reached)} reached`,
      `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s`,
      ...(rate > 0 ? [`${duration((this.#total - done) / rate)} left`] : []),
      ...(note === undefined ? [] : [note]),
    ];
    this.#line.show(parts.join(', '));
  }

  /** Leaves the line. */
  end(): void {
    this.#line.end();
  }
}

const count = (value: number): string => value.toLocaleString('en');
