import { z } from 'zod';
import { chunksOf } from './chunks.ts';
import { ClientError, type ServerAnswer } from './errors.ts';
import { retryAfterMs } from './retry.ts';

/** Largest answer, in bytes. A batch of 20,000 measurements has about 180 MB. */
const MAX_ANSWER_BYTES = 512 * 2 ** 20;
/** Largest error answer, in bytes. A rejected batch of 20,000 pairs has about 4 MB. */
const MAX_ERROR_BYTES = 16 * 2 ** 20;

const problem = z.object({ at: z.string(), code: z.string(), message: z.string() });
const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.array(problem).default([]) }),
});

/** The answer with its whole body in memory. @throws {ClientError} `answerTooLarge` */
export async function received(response: Response): Promise<Response> {
  const { status, statusText, headers, body } = response;
  if (body === null) return response;
  const limit = response.ok ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    length += chunk.length;
    if (length > limit) throw new ClientError('answerTooLarge', `the answer exceeds ${limit} bytes`, { limit });
    chunks.push(chunk);
  }
  return new Response(length === 0 ? null : new Blob(chunks), { status, statusText, headers });
}

/**
 * The data of a successful call.
 * @throws {ClientError} the error that the answer describes, or `badAnswer` when the answer is not a JSON object
 */
export async function good<T extends object>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call.catch((failure: unknown) => {
    if (failure instanceof SyntaxError) throw badAnswer('the server sent an answer that is not JSON');
    throw failure;
  });
  if (!response.ok) throw toClientError(response, error);
  if (typeof data !== 'object' || data === null) throw badAnswer('the server sent an answer that is not a JSON object');
  return data;
}

/** The elements of a list in an answer. @throws {ClientError} `badAnswer` when it is not a list */
export function listed<T>(list: readonly T[]): readonly T[] {
  if (!Array.isArray(list)) throw badAnswer('the server sent an answer without the list that the API describes');
  return list;
}

/** The error that an answer with an error status describes. */
export function toClientError({ status, headers }: Response, body: unknown): ClientError {
  const parsed = errorBody.safeParse(body);
  const { code, message, details } = parsed.success
    ? parsed.data.error
    : { code: 'unknown', message: `the server answered with status ${status}`, details: [] };
  const answer: ServerAnswer = { status, serverCode: code, problems: details };
  if (status === 401) return new ClientError('unauthorized', message, answer);
  if (status === 404) return new ClientError('notFound', message, answer);
  if (status >= 500) return new ClientError('failed', message, answer);
  if (status !== 429) return new ClientError('refused', message, answer);
  const ms = retryAfterMs(headers);
  return new ClientError('quota', message, {
    ...answer,
    ...(ms !== undefined && { retryAfterSeconds: Math.ceil(ms / 1_000) }),
  });
}

/** The error of an answer that does not follow the API; `reason` is also its message. */
export const badAnswer = (reason: string): ClientError => new ClientError('badAnswer', reason, { reason });
