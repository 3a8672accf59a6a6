import { z } from 'zod';
import { type Comparison, comparePaths, type Difference, type SamePlace } from './compare.ts';
import { ALTERNATING, hasSettled, weigh } from './confirmation.ts';
import { type Observation, observationSchema, placeSchema } from './observation.ts';

const MOST_EARLIER = 16;
const MOST_ALTERNATES = 128;

const knownPathSchema = z.object({
  /** Number within the watch, from 1. */
  number: z.int(),
  places: z.array(placeSchema),
  through: z.string().optional(),
  /** Runs that have shown it. */
  runs: z.int(),
});
type KnownPath = z.infer<typeof knownPathSchema>;

/** What is remembered about the path of a watch. */
export const pathStateSchema = z.object({
  current: knownPathSchema,
  /** The last run that showed it. */
  last: observationSchema,
  /** Runs in a row that agreed with it. */
  streak: z.int(),
  /** Routers that came and went while the path was the current one, and how often. */
  alternates: z.array(z.object({ address: z.string(), episodes: z.int() })),
  /** Runs in a row that contradict the path: their first, what they show together, their number, and the runs that agreed before them. */
  candidate: z
    .object({
      firstRun: z.int(),
      path: knownPathSchema.omit({ number: true }),
      now: z.int(),
      before: z.int(),
      added: z.array(z.string()),
      isAlternation: z.boolean(),
    })
    .optional(),
  /** Runs in a row that measured another host than the current path begins at: the destination, or a neighbour in its place. */
  otherHost: z.object({ through: z.string().optional(), runs: z.int() }).optional(),
  earlier: z.array(knownPathSchema).max(MOST_EARLIER),
  /** Number of the next new path. */
  next: z.int(),
});
export type PathState = z.infer<typeof pathStateSchema>;

/** What a run shows about the path. */
export interface PathVerdict {
  readonly state: PathState;
  /** Number of the path that the run shows; absent while it is not confirmed, or when the run shows another host's path. */
  readonly path?: number;
  readonly needsConfirmation: boolean;
  readonly change?: { readonly hasOtherNetworks: boolean; readonly firstRun: number };
}

/** What is known after the first run. */
export function firstPath(seen: Observation): PathState {
  const { places, through } = seen;
  return {
    current: { number: 1, places, runs: 1, ...(through !== undefined && { through }) },
    last: seen,
    streak: 1,
    alternates: [],
    earlier: [],
    next: 2,
  };
}

/** Compares a run with the current path, and decides whether the path has changed. */
export function judgePath(state: PathState, seen: Observation, samePlace: SamePlace): PathVerdict {
  const { current, candidate } = state;
  if (seen.through !== current.through) return judgeOtherHost(state, seen, samePlace);
  const comparison = comparePaths(current, seen, samePlace);
  if (comparison.differences.length === 0) return agreed(state, seen, comparison);
  const isSame = candidate !== undefined && comparePaths(candidate.path, seen, samePlace).differences.length === 0;
  const passed = candidate === undefined || isSame ? state : withEpisode(state);
  const isAlternation = comparison.differences.every((difference) => alternates(passed, difference, samePlace));
  const next: NonNullable<PathState['candidate']> = {
    firstRun: isSame ? candidate.firstRun : seen.run,
    path: isSame ? extended(candidate.path, seen, samePlace) : pathOf(seen),
    now: (isSame ? candidate.now : 0) + 1,
    before: isSame ? candidate.before : passed.streak,
    added: addressesOf(comparison.differences),
    isAlternation: isSame ? candidate.isAlternation && isAlternation : isAlternation,
  };
  const episodes = next.isAlternation ? ALTERNATING : 0;
  const weighed = weigh({ before: next.before, now: next.now, episodes });
  if (weighed === 'change') return changed(passed, next, seen, comparison, samePlace);
  if (weighed === 'adopt') return adopted(passed, seen, next.now, samePlace);
  const common = { state: { ...passed, candidate: next } };
  return next.isAlternation
    ? { ...common, path: current.number, needsConfirmation: false }
    : { ...common, needsConfirmation: true };
}

/**
 * Whether the destination answered, or a neighbour was measured in its place, says nothing about the path. When it stays so, the path of the
 * other host becomes the current one.
 */
function judgeOtherHost(state: PathState, seen: Observation, samePlace: SamePlace): PathVerdict {
  const { otherHost } = state;
  const { through } = seen;
  const runs = (otherHost !== undefined && otherHost.through === through ? otherHost.runs : 0) + 1;
  if (hasSettled(runs)) return adopted(state, seen, runs, samePlace);
  return {
    state: { ...state, otherHost: { runs, ...(through !== undefined && { through }) } },
    needsConfirmation: false,
  };
}

function agreed(state: PathState, seen: Observation, { merged }: Comparison): PathVerdict {
  const { current, candidate } = state;
  const known = candidate === undefined ? state : withEpisode(state);
  const { candidate: _, otherHost: __, ...rest } = known;
  const streak = candidate === undefined || candidate.isAlternation ? state.streak + 1 : 1;
  const last = seen.reach === 'notReached' && state.last.reach !== 'notReached' ? state.last : seen;
  return {
    state: { ...rest, current: { ...current, places: [...merged], runs: current.runs + 1 }, last, streak },
    path: current.number,
    needsConfirmation: false,
  };
}

function changed(
  state: PathState,
  { firstRun, path, now }: NonNullable<PathState['candidate']>,
  seen: Observation,
  { differences }: Comparison,
  samePlace: SamePlace,
): PathVerdict {
  const { state: next, ...verdict } = adopted(state, seen, now, samePlace);
  return {
    ...verdict,
    state: { ...next, current: { ...next.current, ...path } },
    change: { hasOtherNetworks: differences.some(({ hasOtherNetworks }) => hasOtherNetworks), firstRun },
  };
}

/** The path of a run becomes the current one; it keeps its number if it was the current one before. */
function adopted(state: PathState, seen: Observation, streak: number, samePlace: SamePlace): PathVerdict {
  const { current, earlier, next } = state;
  const returned = earlier.find((one) => isReturn(one, seen, samePlace));
  const number = returned?.number ?? next;
  return {
    state: {
      ...firstPath(seen),
      current: { number, ...pathOf(seen) },
      streak,
      earlier: [...earlier, current].filter((one) => one.number !== number).slice(-MOST_EARLIER),
      next: returned === undefined ? next + 1 : next,
    },
    path: number,
    needsConfirmation: false,
  };
}

const extended = (
  known: Omit<KnownPath, 'number'>,
  seen: Observation,
  samePlace: SamePlace,
): Omit<KnownPath, 'number'> => ({
  ...known,
  places: [...comparePaths(known, seen, samePlace).merged],
  runs: known.runs + 1,
});

/** Whether a run shows an earlier path again: nothing contradicts it, and most of its places are known. */
function isReturn(path: KnownPath, seen: Observation, samePlace: SamePlace): boolean {
  if (path.through !== seen.through) return false;
  const { differences, merged } = comparePaths(path, seen, samePlace);
  const common = path.places.length + seen.places.length - merged.length;
  return differences.length === 0 && 2 * common >= seen.places.length;
}

const pathOf = ({ places, through }: Observation): Omit<KnownPath, 'number'> => ({
  places,
  runs: 1,
  ...(through !== undefined && { through }),
});

/** The routers of a candidate that was not confirmed have come and gone once more. */
function withEpisode(state: PathState): PathState {
  const { alternates, candidate } = state;
  if (candidate === undefined || candidate.isAlternation) return state;
  const counts = new Map(alternates.map(({ address, episodes }) => [address, episodes]));
  for (const address of candidate.added) {
    const episodes = (counts.get(address) ?? 0) + 1;
    counts.delete(address);
    counts.set(address, episodes);
  }
  const kept = [...counts].slice(-MOST_ALTERNATES).map(([address, episodes]) => ({ address, episodes }));
  return { ...state, alternates: kept, streak: 0 };
}

/** Whether every router that is new has come and gone before. */
function alternates({ alternates: known }: PathState, { after }: Difference, samePlace: SamePlace): boolean {
  return after.every(({ addresses }) =>
    addresses.some((address) =>
      known.some((one) => one.episodes >= ALTERNATING && (one.address === address || samePlace(one.address, address))),
    ),
  );
}

const addressesOf = (differences: readonly Difference[]): string[] => [
  ...new Set(differences.flatMap(({ after }) => after.flatMap(({ addresses }) => addresses))),
];
