/** A share from 0 to 1 for people, for instance `97.3 %`. */
export const formatShare = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A whole number for people, for instance `12,345`. */
export const formatCount = (count: number): string => count.toLocaleString('en');
