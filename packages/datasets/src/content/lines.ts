import { tooLarge } from '../errors.ts';
import type { Content, ReadLimits } from './limits.ts';

/** A line of a text file without its line end. */
export interface Line {
  readonly text: string;
  /** Counted from 1, with empty lines and comments. */
  readonly number: number;
}

/**
 * The lines of a UTF-8 text file, without empty ones and comments. Lines end in LF or CR LF.
 * @param comments characters that begin a comment when they are the first of a line
 * @throws {DatasetError} `tooLarge` for a line that is too long
 */
export async function* linesOf(
  content: Content,
  { lineCharacters }: Pick<ReadLimits, 'lineCharacters'>,
  comments = '#',
): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of rawLinesOf(content, lineCharacters)) {
    number++;
    if (text.length > lineCharacters) throw tooLarge(lineCharacters, 'lineCharacters');
    if (text.trim() !== '' && !comments.includes(text[0])) yield { text, number };
  }
}

async function* rawLinesOf(content: Content, limit: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of content) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > limit) throw tooLarge(limit, 'lineCharacters');
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
