import { asPathOfNumbers } from '@revtr/engine';
import { MOST_ADDRESSES, MOST_PLACES, type Observation, type Place } from './observation.ts';

/** Whether two addresses, dotted quads, belong to one router or to the two ends of one link. */
export type SamePlace = (a: string, b: string) => boolean;

/** A part of the path in which two runs show different routers, between two places that both show. */
export interface Difference {
  readonly before: readonly Place[];
  readonly after: readonly Place[];
  /** Whether the networks differ as well. */
  readonly hasOtherNetworks: boolean;
}

/** Two paths, place by place. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /**
   * Every place of either path in order, with its visibility after the run. Places of both have the addresses of both. Where the paths differ,
   * the known places are left as they are.
   */
  readonly merged: readonly Place[];
}

/** What is known about a path, from a number of runs. */
export interface KnownRoute extends Pick<Observation, 'places' | 'through'> {
  readonly runs: number;
}

/** Visibility is a mean over about so many runs. */
const RECENT_RUNS = 16;
/** A place that was shown less often may be missing by chance. */
const RELIABLE = 0.75;
/** A place that is shown less often is forgotten. */
const FORGOTTEN = 0.04;

/**
 * Compares the path of a run with the known path. Only contradictions count: between two places that both show, the run lacks a place that it
 * should have shown, and shows another in the same way. A router that only one of them shows may have been silent for the other.
 */
export function comparePaths(
  known: KnownRoute,
  seen: Pick<Observation, 'places' | 'through'>,
  samePlace: SamePlace,
): Comparison {
  // Paths of different hosts say nothing about each other.
  if (known.through !== seen.through) return { differences: [], merged: known.places };
  const weight = 1 / Math.min(known.runs + 1, RECENT_RUNS);
  const shown = (place: Place, isShown: boolean): Place => {
    const visibility = visibilityOf(place);
    return { ...place, visibility: visibility + weight * ((isShown ? 1 : 0) - visibility) };
  };
  const differences: Difference[] = [];
  const merged: Place[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [
    ...commonPlaces(known.places, seen.places, samePlace),
    [known.places.length, seen.places.length] as const,
  ]) {
    const [before, after] = [known.places.slice(i, nextI), seen.places.slice(j, nextJ)];
    const isClosed = i > 0 && nextI < known.places.length;
    const around = isClosed ? [known.places[i - 1], known.places[nextI]] : [];
    if (isClosed && contradict(before, after, around)) {
      differences.push({ before, after, hasOtherNetworks: crossOthers(before, after, around) });
      merged.push(...before);
    } else {
      merged.push(...before.map((place) => shown(place, false)));
      // What follows the last common place may belong anywhere behind it.
      if (isClosed || before.length === 0) merged.push(...after.map((place) => ({ ...place, visibility: weight })));
    }
    if (nextI < known.places.length) merged.push(shown(joined(known.places[nextI], seen.places[nextJ]), true));
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return {
    differences,
    merged: merged.filter((place) => visibilityOf(place) >= FORGOTTEN).slice(0, MOST_PLACES),
  };
}

const visibilityOf = ({ visibility = 1 }: Place): number => visibility;

/** Networks of a path in order, repetitions in a row taken once. */
export function networksOf(places: readonly Place[]): number[] {
  return asPathOfNumbers(places.map(({ asn }) => asn));
}

/** The run lacks a place that it should have shown, and shows one in the same way, or in another network. */
function contradict(before: readonly Place[], after: readonly Place[], around: readonly Place[]): boolean {
  const missing = before.filter((place) => visibilityOf(place) >= RELIABLE);
  if (missing.length === 0 || after.length === 0) return false;
  return (
    missing.some(({ view }) => after.some((place) => place.view === view)) || haveOtherNetworks(missing, after, around)
  );
}

/** Whether the networks from one place that both show to the next differ. */
function crossOthers(before: readonly Place[], after: readonly Place[], [first, last]: readonly Place[]): boolean {
  return networksOf([first, ...before, last]).join() !== networksOf([first, ...after, last]).join();
}

/**
 * Each shows a network that neither the other nor the places around them show: a network without a visible router is missing from one of
 * them only, and a link between two networks has addresses of either.
 */
function haveOtherNetworks(before: readonly Place[], after: readonly Place[], around: readonly Place[]): boolean {
  const [old, now, both] = [before, after, around].map(networksOf);
  const isOwn = (others: readonly number[]) => (asn: number) => !others.includes(asn) && !both.includes(asn);
  return old.some(isOwn(now)) && now.some(isOwn(old));
}

function joined(known: Place, seen: Place): Place {
  const addresses = [...new Set([...known.addresses, ...seen.addresses])].slice(0, MOST_ADDRESSES);
  return { ...known, addresses };
}

/** The longest common subsequence of two paths, as pairs of indexes. */
function commonPlaces(a: readonly Place[], b: readonly Place[], samePlace: SamePlace): (readonly [number, number])[] {
  const isSame = a.map((one) => b.map((other) => isCommon(one, other, samePlace)));
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i][j] = isSame[i][j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (isSame[i][j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++;
    else j++;
  }
  return pairs;
}

const isCommon = (a: Place, b: Place, samePlace: SamePlace): boolean =>
  a.addresses.some((one) => b.addresses.some((other) => one === other || samePlace(one, other)));
