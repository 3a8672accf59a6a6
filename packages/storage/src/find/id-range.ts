/** In which order measurements are found: by id, which is the order in which they were submitted. */
export type SearchOrder = 'oldest' | 'newest';

/** Ids from `from` up to, but without, `to`. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** The ids of both ranges; `undefined` when there are none. */
export function common(a: IdRange, b: IdRange): IdRange | undefined {
  const both = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
  return both.from < both.to ? both : undefined;
}

/** What is left of a range when all its ids up to and with `id` have been looked at. */
export function rangeAfter({ from, to }: IdRange, id: number, order: SearchOrder): IdRange | undefined {
  const rest = order === 'oldest' ? { from: Math.max(from, id + 1), to } : { from, to: Math.min(to, id) };
  return rest.from < rest.to ? rest : undefined;
}

/** What is left of a range when its first part, `done`, has been looked at. */
export function rangeWithout({ from, to }: IdRange, done: IdRange, order: SearchOrder): IdRange | undefined {
  const rest = order === 'oldest' ? { from: Math.max(from, done.to), to } : { from, to: Math.min(to, done.from) };
  return rest.from < rest.to ? rest : undefined;
}

/** The part of a range that comes before another one; all of it when there is no other one. */
export function rangeBefore(range: IdRange, other: IdRange | undefined, order: SearchOrder): IdRange | undefined {
  return other === undefined ? range : rangeUpTo(range, order === 'oldest' ? other.from : other.to, order);
}

/** The part of a range that comes before a boundary: ids below it, or from it on when the newest come first. */
function rangeUpTo({ from, to }: IdRange, boundary: number, order: SearchOrder): IdRange | undefined {
  const part = order === 'oldest' ? { from, to: Math.min(to, boundary) } : { from: Math.max(from, boundary), to };
  return part.from < part.to ? part : undefined;
}

/** Compares ids by the order of a search. */
export const byOrder =
  (order: SearchOrder) =>
  (a: number, b: number): number =>
    order === 'oldest' ? a - b : b - a;
