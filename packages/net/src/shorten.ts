const MOST_CHARACTERS = 100;

/** Bounds a malformed text for an error message. */
export const shorten = (text: string): string => text.slice(0, MOST_CHARACTERS);
