import { ClientError } from './errors.ts';

/** Longest line, in characters: a measurement has about 10,000. */
const LONGEST_LINE = 16 * 2 ** 20;

/** The lines of a stream of UTF-8 text. @throws {ClientError} `answerTooLarge` */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LONGEST_LINE)
      throw new ClientError('answerTooLarge', `a line exceeds ${LONGEST_LINE} characters`, { limit: LONGEST_LINE });
  }
  if (rest !== '') yield rest;
}
