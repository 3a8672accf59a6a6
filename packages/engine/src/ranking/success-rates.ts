/** What is known of a vantage point: its distance to the target's prefix, only that to its network, or nothing. */
export type KnowledgeLevel = 'prefix' | 'network' | 'unknown';

/** Number of answers that a prior is worth. */
const PRIOR_WEIGHT = 20;
/** Probability that a probe is within reach before anything was learned, by expected distance. */
const PRIOR: Readonly<Record<KnowledgeLevel, (distance: number) => number>> = {
  prefix: (distance) => (distance < 7 ? 0.97 : 0.8),
  network: (distance) => (distance < 6 ? 0.9 : 0.65),
  unknown: () => 0.35,
};

const LEVELS: Readonly<Record<KnowledgeLevel, number>> = { prefix: 0, network: 1, unknown: 2 };
/** A number, because each ranking asks for dozens of chances. */
const keyOf = (level: KnowledgeLevel, distance: number): number => 1000 * LEVELS[level] + Math.floor(distance);

/** How often vantage points that were expected at a distance were within reach. Learned from every answer. */
export class SuccessRates {
  readonly #counts = new Map<number, { answers: number; successes: number }>();

  /** Learns whether a vantage point expected at `distance` was within reach. */
  observe(level: KnowledgeLevel, distance: number, isWithinReach: boolean): void {
    const key = keyOf(level, distance);
    const count = this.#counts.get(key) ?? { answers: 0, successes: 0 };
    count.answers++;
    if (isWithinReach) count.successes++;
    this.#counts.set(key, count);
  }

  /** Probability (0 to 1) that a vantage point expected at `distance` is within reach of a target that answers. */
  chance(level: KnowledgeLevel, distance: number): number {
    const count = this.#counts.get(keyOf(level, distance));
    const [answers, successes] = count === undefined ? [0, 0] : [count.answers, count.successes];
    return (successes + PRIOR[level](distance) * PRIOR_WEIGHT) / (answers + PRIOR_WEIGHT);
  }
}
