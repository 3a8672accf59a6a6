/** The AS path of networks in order, as AS numbers: unknown ones left out, repetitions in a row taken once. */
export function asPathOf(networks: readonly (number | undefined)[]): number[] {
  const known = networks.flatMap((network) => network ?? []);
  return known.filter((network, i) => network !== known[i - 1]);
}
