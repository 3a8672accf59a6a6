/** The AS path of AS numbers in order: unknown ones left out, repetitions in a row taken once. */
export function asPathOfNumbers(networks: readonly (number | undefined)[]): number[] {
  const known = networks.flatMap((network) => network ?? []);
  return known.filter((network, i) => network !== known[i - 1]);
}
