import { badAnswer } from './answer.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';

/** Longest line, in characters: a measurement has about 10,000. */
const LONGEST_LINE = 16 * 2 ** 20;

/**
 * The lines of a body of UTF-8 text, each of which ends with a line feed. Leaving the loop cancels the body.
 * @throws {ClientError} `answerTooLarge`; `badAnswer` when the body ends in the middle of a line; what {@link Connection.guard} throws
 */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  connection: Connection,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await connection.guard(() => reader.read(), signal);
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > LONGEST_LINE)
        throw new ClientError('answerTooLarge', `a line exceeds ${LONGEST_LINE} characters`, { limit: LONGEST_LINE });
      if (!done) continue;
      if (rest !== '') throw badAnswer('the answer ended in the middle of a line');
      return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
