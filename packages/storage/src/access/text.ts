import { StorageError } from '../errors.ts';

const REPLACEMENT = '\ufffd';

/**
 * One escape sequence of JSON text. The group matches those that PostgreSQL cannot store. `JSON.stringify` writes surrogates as
 * escapes only when they stand alone.
 */
const ESCAPE = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g;

/**
 * Refuses text that PostgreSQL cannot store: text with a NUL character, or with half of a surrogate pair, which has no UTF-8
 * form. @throws {StorageError} `badText`
 */
export function refuseBadText(text: string): void {
  if (text.includes('\0')) throw badText('nul');
  if (!text.isWellFormed()) throw badText('loneSurrogate');
}

/** The text with U+FFFD in place of every character that PostgreSQL cannot store. For text that programs produce. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\0', REPLACEMENT);
}

/** The value as JSON text. @throws {StorageError} `badText` when a string in it cannot be stored */
export function toJson(value: unknown): string {
  const json = stringify(value);
  for (const [, character] of escapesOf(json))
    if (character !== undefined) throw badText(character === '0000' ? 'nul' : 'loneSurrogate');
  return json;
}

/** The value as JSON text, with U+FFFD in place of every character that PostgreSQL cannot store. */
export function toCleanJson(value: unknown): string {
  return cleanJson(stringify(value));
}

/** The JSON text (as `JSON.stringify` writes it) with U+FFFD in place of every character that PostgreSQL cannot store. */
export function cleanJson(json: string): string {
  if (!json.includes('\\u')) return cleanText(json);
  return cleanText(json).replace(ESCAPE, (sequence: string, bad?: string) =>
    bad === undefined ? sequence : '\\ufffd',
  );
}

function escapesOf(json: string): Iterable<RegExpMatchArray> {
  // Most JSON has no such escape, and results are large: the search for two characters is much faster than the expression.
  return json.includes('\\u') ? json.matchAll(ESCAPE) : [];
}

function stringify(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  return json ?? 'null';
}

function badText(character: 'nul' | 'loneSurrogate'): StorageError {
  const what = character === 'nul' ? 'a NUL character' : 'half of a surrogate pair';
  return new StorageError('badText', `the text contains ${what}, which the database cannot store`, { character });
}
