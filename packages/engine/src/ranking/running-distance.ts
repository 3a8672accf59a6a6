/** Answers that count at most, so that the mean follows changes. */
const MEMORY = 16;

/** A running mean of Record Route distances from one vantage point into one prefix or network. */
export class RunningDistance {
  /** Mean; unreachable counts as the length of the option. */
  distance: number;
  /** Answers that count. */
  count = 1;

  constructor(distance: number) {
    this.distance = distance;
  }

  /** Corrects the mean by one more answer. */
  learn(distance: number): void {
    this.count = Math.min(this.count + 1, MEMORY);
    this.distance += (distance - this.distance) / this.count;
  }
}
