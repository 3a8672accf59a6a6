import { customerConeSizes, type Topology } from '@revtr/sim';

const CLASSES = [
  [1, '1'],
  [10, '2 to 10'],
  [100, '11 to 100'],
  [1_000, '101 to 1000'],
] as const;

/** Returns a function from network to the class of its customer cone. */
export function coneClassOf({ adjacencies }: Topology): (network: number) => string {
  const sizes = customerConeSizes(adjacencies);
  return (network) => CLASSES.find(([most]) => sizes[network] <= most)?.[1] ?? 'over 1000';
}
