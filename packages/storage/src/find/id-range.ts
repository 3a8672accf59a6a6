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

/** The part of a range from the beginning of another one on, in the order of a search. */
export function rangeFrom({ from, to }: IdRange, other: IdRange, order: SearchOrder): IdRange {
  return order === 'oldest' ? { from: Math.max(from, other.from), to } : { from, to: Math.min(to, other.to) };
}

/** The part of a range that comes before another one; all of it when there is no other one. */
export function rangeBefore(range: IdRange, other: IdRange | undefined, order: SearchOrder): IdRange | undefined {
  if (other === undefined) return range;
  const { from, to } = range;
  const part = order === 'oldest' ? { from, to: Math.min(to, other.from) } : { from: Math.max(from, other.to), to };
  return part.from < part.to ? part : undefined;
}

/** Compares ids by the order of a search. */
export const byOrder =
  (order: SearchOrder) =>
  (a: number, b: number): number =>
    order === 'oldest' ? a - b : b - a;
