/**
 * Characters that may change what is shown beyond their own place, or that XML 1.0 forbids (section 2.2): control characters, invisible
 * format characters, for example U+202E, line separators, halves of surrogate pairs, and noncharacters.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu;
/** Marks that pile up on one letter and cover the lines above and below. */
const PILED_MARKS = /(\p{M})\p{M}+/gu;
const MOST_CHARACTERS = 500;

/** Text that the network chose, for instance a reverse name, with its unsafe characters as `\u{HEX}`, and cut after 500 characters. */
export const visibleText = (text: string): string =>
  text
    .slice(0, MOST_CHARACTERS)
    .replace(PILED_MARKS, '$1')
    .replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
