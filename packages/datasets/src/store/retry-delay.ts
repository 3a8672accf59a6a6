const FIRST_MS = 15 * 60_000;
const MOST_MS = 12 * 3_600_000;

/**
 * Milliseconds to wait after the given number of failures in a row (from 1): a random time between half and all of 15 minutes,
 * doubled with each further failure up to 12 hours. The jitter keeps many installations from asking a server at the same moment.
 * @param random a number from 0 to 1
 */
export function retryDelayMs(failures: number, random: number): number {
  const longest = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return longest * (0.5 + 0.5 * random);
}
