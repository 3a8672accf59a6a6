/**
 * Characters that may change what a page shows beyond their own place: control and invisible format characters, for example U+202E. A line
 * feed is harmless: it is a space, except in preformatted text.
 */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Text that other people or the network chose, for instance a label or a reverse name, with its unsafe characters made visible as
 * `\u{HEX}`. Otherwise an override of the writing direction could make one name look like another.
 */
function visibleText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A copy of a JSON value in which every string is visible text. */
export function visibleValue<Value>(value: Value): Value {
  const json = JSON.stringify(value);
  if (json === undefined) return value;
  return JSON.parse(json, (_, part: unknown) => (typeof part === 'string' ? visibleText(part) : part));
}
