/** The largest limit of an account. Limits from here on are those of operators, which nobody reaches. */
export const UNLIMITED = 1_000_000_000;
