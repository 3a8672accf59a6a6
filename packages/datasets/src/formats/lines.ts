import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A line of a text file that is neither empty nor a comment; numbers count from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** Lines of a text file, without empty ones and those that begin with one of `comments`. */
export async function* linesOf(input: Readable, comments = '#'): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (text.trim() !== '' && !comments.includes(text[0])) yield { text, number };
  }
}
