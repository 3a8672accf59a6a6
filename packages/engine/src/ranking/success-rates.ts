/** How near what is known of a vantage point is to the target: of its prefix, of its network, or nothing. */
export type KnowledgeLevel = 'prefix' | 'network' | 'unknown';

/** Answers that a prior counts for. */
const PRIOR_WEIGHT = 20;
/** Chance that a probe comes within reach, before anything was learned, by whole slots of distance expected. */
const PRIOR: Readonly<Record<KnowledgeLevel, (distance: number) => number>> = {
  prefix: (distance) => (distance < 7 ? 0.97 : 0.8),
  network: (distance) => (distance < 6 ? 0.9 : 0.65),
  unknown: () => 0.35,
};

/** How often vantage points that were expected at some distance have been within reach: learned from every answer. */
export class SuccessRates {
  readonly #counts = new Map<string, { answers: number; successes: number }>();

  /** Learns whether a vantage point expected at `distance` was within reach. */
  observe(level: KnowledgeLevel, distance: number, isWithinReach: boolean): void {
    const key = `${level} ${Math.floor(distance)}`;
    const count = this.#counts.get(key) ?? { answers: 0, successes: 0 };
    count.answers++;
    if (isWithinReach) count.successes++;
    this.#counts.set(key, count);
  }

  /** Chance that a vantage point expected at `distance` is within reach of a target that answers. */
  chance(level: KnowledgeLevel, distance: number): number {
    const { answers, successes } = this.#counts.get(`${level} ${Math.floor(distance)}`) ?? { answers: 0, successes: 0 };
    return (successes + PRIOR[level](distance) * PRIOR_WEIGHT) / (answers + PRIOR_WEIGHT);
  }
}
