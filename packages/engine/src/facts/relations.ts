/** How one network stands to another. */
export type Relation = 'provider' | 'customer' | 'peer';

/** Relations between networks, as the public data has them. */
export interface Relations {
  /**
   * The relation of network `a` to network `b`, by AS number: `provider` when `a` is a provider of `b`. `undefined` when they are not known
   * to be neighbours.
   */
  relationOf(a: number, b: number): Relation | undefined;
  /** Known providers of a network. */
  providersOf(asn: number): ReadonlySet<number>;
  /** Known customers of a network. */
  customersOf(asn: number): ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** Relations where no data is available: every relation is unknown. */
export const NO_RELATIONS: Relations = {
  relationOf: () => undefined,
  providersOf: () => NONE,
  customersOf: () => NONE,
};
