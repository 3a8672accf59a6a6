/** How networks stand to each other, as the public data has it. */
export interface Relations {
  /** What `a` is to `b`; `undefined` when they are not known to be neighbours. */
  relationOf(a: number, b: number): 'provider' | 'customer' | 'peer' | undefined;
}

/** Where nothing is known of it. */
export const NO_RELATIONS: Relations = { relationOf: () => undefined };
