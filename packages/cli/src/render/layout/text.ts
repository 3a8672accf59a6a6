import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

/** Columns that a text takes on a terminal. Colours take none. */
export const widthOf = (text: string): number => stringWidth(text);

/** A border between labels of a host name this near to the end is where the name is shortened. */
const NEAR = 6;

/**
 * Shortens a text to a width, and marks that with `…`. The beginning stays: in the name of a router, it says which one it is. A host name
 * ends after a whole label where one ends near the width.
 */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (widthOf(kept) + widthOf(character) > width - 1) break;
    kept += character;
  }
  const border = kept.lastIndexOf('.');
  const isNear = border > 0 && !text.includes(' ') && kept.length - border <= NEAR && kept.length - border < border;
  return `${isNear ? kept.slice(0, border) : kept}…`;
}

/** Indentation of the lines that continue a line. */
const HANGING = 4;

/**
 * Breaks a line between words where it is longer than a width. The lines that continue it are indented. A word that is longer than the
 * width stays whole: it may be an address to copy.
 */
export function wrap(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  const indent = /^ */.exec(stripVTControlCharacters(line))?.[0].length ?? 0;
  const hanging = ' '.repeat(Math.min(indent + HANGING, Math.floor(width / 2)));
  const lines: string[] = [];
  let current = '';
  for (const piece of line.match(/^ +\S+|\S+| +/g) ?? []) {
    const isSpace = piece.trim() === '';
    if (!isSpace && current.trim() !== '' && widthOf(current) + widthOf(piece) > width) {
      lines.push(current.trimEnd());
      current = hanging;
    }
    if (!isSpace || current.trim() !== '') current += piece;
  }
  return [...lines, current.trimEnd()].join('\n');
}
