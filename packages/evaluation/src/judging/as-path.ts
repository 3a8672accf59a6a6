/** A list in which no element equals the one before. */
export const withoutRepetitions = (list: readonly number[]): number[] =>
  list.filter((element, i) => element !== list[i - 1]);

/** The AS path of the networks of hops, in order: hops without one left out, repetitions in a row taken once. */
export const asPathOf = (networks: readonly (number | undefined)[]): number[] =>
  withoutRepetitions(networks.flatMap((network) => network ?? []));
