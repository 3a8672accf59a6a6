import type { Observation, Place } from './observation.ts';

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
  /** Every place of either path in order; what only one of them shows is kept, places of both have the addresses of both. */
  readonly merged: readonly Place[];
}

const MOST_PLACES = 64;
const MOST_ADDRESSES = 16;

/**
 * Compares the path of a run with the known path. Only contradictions count: between two places that both show, each shows a router that the
 * other does not, and both saw them in the same way. A router that only one of them shows may have been silent for the other.
 */
export function comparePaths(
  known: Pick<Observation, 'places' | 'through'>,
  seen: Pick<Observation, 'places' | 'through'>,
  samePlace: SamePlace,
): Comparison {
  // Paths of different hosts say nothing about each other.
  if (known.through !== seen.through) return { differences: [], merged: known.places };
  const pairs = commonPlaces(known.places, seen.places, samePlace);
  const differences: Difference[] = [];
  const merged: Place[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...pairs, [known.places.length, seen.places.length] as const]) {
    const before = known.places.slice(i, nextI);
    const after = seen.places.slice(j, nextJ);
    const isClosed = i > 0 && nextI < known.places.length;
    const around = isClosed ? [known.places[i - 1], known.places[nextI]] : [];
    if (isClosed && contradict(before, after, around)) {
      differences.push({ before, after, hasOtherNetworks: haveOtherNetworks(before, after, around) });
      merged.push(...before);
    } else merged.push(...before, ...(isClosed || i === 0 ? after : before.length === 0 ? after : []));
    if (nextI < known.places.length) merged.push(joined(known.places[nextI], seen.places[nextJ]));
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return { differences, merged: merged.slice(0, MOST_PLACES) };
}

/** Networks of a path in order, repetitions in a row taken once. */
export function networksOf(places: readonly Place[]): number[] {
  return places.flatMap(({ asn }) => asn ?? []).filter((asn, i, all) => asn !== all[i - 1]);
}

/** Both show routers, and at least one of each was seen in a way in which the other would have been seen too. */
function contradict(before: readonly Place[], after: readonly Place[], around: readonly Place[]): boolean {
  if (before.length === 0 || after.length === 0) return false;
  return (
    before.some(({ view }) => after.some((place) => place.view === view)) || haveOtherNetworks(before, after, around)
  );
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
