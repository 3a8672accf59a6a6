/**
 * Characters that can change what a terminal shows beyond their own place: control characters (C0, DEL, C1; escape sequences begin with
 * one), invisible format characters (among them the bidirectional overrides), line and paragraph separators, and lone surrogates.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Escapes text for one line of a terminal: every unsafe character becomes `\u{HEX}`. Labels, names and reasons come from other people and
 * the network, and must not move the cursor, change colours or reorder text. Escaping twice changes nothing.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A copy of a JSON value in which every string is escaped. */
export function escaped<T>(value: T): T {
  const json = JSON.stringify(value);
  if (json === undefined) return value;
  return JSON.parse(json, (_, part: unknown) => (typeof part === 'string' ? escapeText(part) : part));
}

/** JSON that is safe on a terminal and has the same value: unsafe characters are written as `\uXXXX`. */
export function toJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? 'null').replace(UNSAFE, (character) =>
    // Line breaks outside strings are the layout; inside strings, JSON has escaped them.
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, i) => `\\u${hex4(character.charCodeAt(i))}`).join(''),
  );
}

const hex4 = (unit: number): string => unit.toString(16).padStart(4, '0');
