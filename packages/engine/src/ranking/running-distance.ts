/** Most answers that the mean counts; the limit lets it follow changes. */
const MEMORY = 16;

/** A running mean of Record Route distances from one vantage point into one prefix or network. */
export class RunningDistance {
  /** Mean distance in slots; out of reach counts as nine. */
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
