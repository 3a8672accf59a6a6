import { z } from 'zod';
import { ALTERNATING, weigh } from './confirmation.ts';
import type { Reach } from './observation.ts';

const MOST_RECENT = 64;
const MOST_RTTS = 32;
const LEAST_RTTS = 12;
/** Round-trip times vary more than paths: three in a row must have changed. */
const CHANGED_RTTS = 3;
const LEAST_MS = 10;
const LEAST_SHARE = 0.25;
const DEVIATIONS = 6;

/** What is remembered about the reach of a watch. */
export const reachStateSchema = z.object({
  /** Whether the path is complete, from the destination or from a neighbour in its place. */
  isComplete: z.boolean(),
  /** The same of the last runs, oldest first. */
  recent: z.array(z.boolean()).max(MOST_RECENT),
});
export type ReachState = z.infer<typeof reachStateSchema>;

/** What is remembered about the round-trip time: what is usual, and the last times in a row that are not. Milliseconds. */
export const rttStateSchema = z.object({
  usual: z.array(z.number()).max(MOST_RTTS),
  unusual: z.array(z.number()).max(CHANGED_RTTS),
});
export type RttState = z.infer<typeof rttStateSchema>;

/** A state after a run, and whether the run changed it. */
export interface Judged<State> {
  readonly state: State;
  readonly hasChanged: boolean;
  /** Whether another run soon would tell more. */
  readonly needsConfirmation: boolean;
}

/** Decides whether the reach has changed. */
export function judgeReach(state: ReachState, reach: Reach): Judged<ReachState> {
  const known = state.isComplete;
  const isComplete = reach !== 'notReached';
  const recent = [...state.recent, isComplete].slice(-MOST_RECENT);
  if (isComplete === known) return { state: { isComplete, recent }, hasChanged: false, needsConfirmation: false };
  const now = inARow(recent, isComplete);
  const earlier = recent.slice(0, recent.length - now);
  const episodes = earlier.filter((one, i) => one === isComplete && earlier[i - 1] !== isComplete).length;
  const weighed = weigh({ before: inARow(earlier, known), now, episodes });
  return {
    state: { isComplete: weighed === 'wait' ? known : isComplete, recent },
    hasChanged: weighed === 'change',
    needsConfirmation: weighed === 'wait' && episodes < ALTERNATING,
  };
}

/** Decides whether the round-trip time has changed. */
export function judgeRtt({ usual, unusual }: RttState, rttMs: number): Judged<RttState> {
  const kept = (times: readonly number[]): number[] => times.slice(-MOST_RTTS);
  if (!isUnusual(usual, rttMs))
    return {
      state: { usual: kept([...usual, ...unusual, rttMs]), unusual: [] },
      hasChanged: false,
      needsConfirmation: false,
    };
  const level = median(usual);
  const isSameSide = unusual.every((one) => one > level === rttMs > level);
  const now = isSameSide ? [...unusual, rttMs] : [rttMs];
  if (now.length >= CHANGED_RTTS)
    return { state: { usual: now, unusual: [] }, hasChanged: true, needsConfirmation: false };
  const known = isSameSide ? usual : kept([...usual, ...unusual]);
  return { state: { usual: known, unusual: now }, hasChanged: false, needsConfirmation: true };
}

/** Whether a time is far from the usual ones: by 10 ms, a quarter of their median and six of their deviations at the least. */
export function isUnusual(usual: readonly number[], rttMs: number): boolean {
  if (usual.length < LEAST_RTTS) return false;
  const level = median(usual);
  const deviation = median(usual.map((one) => Math.abs(one - level)));
  return Math.abs(rttMs - level) > Math.max(LEAST_MS, LEAST_SHARE * level, DEVIATIONS * deviation);
}

/** The median; of an even number of values the lower of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

function inARow<T>(values: readonly T[], value: T): number {
  const last = values.findLastIndex((one) => one !== value);
  return values.length - 1 - last;
}
