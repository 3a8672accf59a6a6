/** A finding that differs from what was known, and how often it was seen. All are numbers of runs. */
export interface Sightings {
  /** Runs in a row that showed the old state, directly before. */
  readonly before: number;
  /** Runs in a row that show the new state. */
  readonly now: number;
  /** How often the new state has come and gone before. */
  readonly episodes: number;
}

/** A change is confirmed by a second measurement at the least. */
const LEAST_NOW = 2;
/**
 * With two routers taken at random, the chance that one shows in all of the first runs and the other in all of the next is 1 in 128 for 8
 * runs in all. An established watch needs one confirmation; a young one needs more.
 */
const LEAST_ALL = 8;
/** What has come and gone this often alternates. */
export const ALTERNATING = 2;
/** What alternates has changed for good when it stays for so many runs. */
const LEAST_AFTER_ALTERNATION = 20;

/** Whether a finding is a change, and neither a matter of chance nor one of two states that alternate. */
export function isConfirmed({ before, now, episodes }: Sightings): boolean {
  if (episodes >= ALTERNATING) return now >= LEAST_AFTER_ALTERNATION;
  return now >= LEAST_NOW && before + now >= LEAST_ALL;
}
