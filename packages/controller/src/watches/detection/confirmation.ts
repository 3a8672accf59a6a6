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
/** A state that was seen in fewer runs in a row is not known well enough to be told that it has changed. */
const SETTLED = 3;
/**
 * With two routers taken at random, the chance that one shows in all of the first runs and the other in all of the next is 1 in 512 for 10
 * runs in all. An established watch needs one confirmation; a young one needs more.
 */
const LEAST_ALL = 10;
/** What has come and gone this often alternates. */
export const ALTERNATING = 2;
/** What alternates has changed for good when it stays for so many runs. */
const LEAST_AFTER_ALTERNATION = 20;

/**
 * What follows from a finding: nothing yet (`wait`), a change to tell (`change`), or a new state that is taken as the known one without a word
 * (`adopt`), because the old one had never settled: the first runs of a watch, and runs while routes converge.
 */
export function weigh({ before, now, episodes }: Sightings): 'wait' | 'change' | 'adopt' {
  if (episodes >= ALTERNATING) return now >= LEAST_AFTER_ALTERNATION ? 'change' : 'wait';
  if (before < SETTLED) return now >= SETTLED ? 'adopt' : 'wait';
  return now >= LEAST_NOW && before + now >= LEAST_ALL ? 'change' : 'wait';
}

/** Whether a state that only the first host of a path decides has settled. */
export const hasSettled = (runs: number): boolean => runs >= SETTLED;
