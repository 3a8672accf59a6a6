import { isClientError, type ServerDetail } from './errors.ts';
import type { RequestedPair } from './types.ts';

/** How many pairs are measured as batches. */
export interface UploadOptions {
  /** Most pairs of a batch. Default 1,000; the server accepts at most 20,000 unless its operator set another limit. */
  readonly perBatch?: number;
  /** Ends the upload, also while it waits for the limits of the account. Batches that were submitted go on. */
  readonly signal?: AbortSignal;
}

/** What became of pairs of which the server was to measure the valid ones. */
export interface ValidPairs {
  /** `undefined` when the server accepted no pair. */
  readonly batchId: number | undefined;
  /** Pairs that the server left out. `index` counts the pairs from 0. */
  readonly rejected: readonly (ServerDetail & { readonly index: number })[];
}

/** A part of the pairs that the server has accepted as one batch. `index` of a rejected pair counts from `offset`. */
export interface UploadedBatch extends ValidPairs {
  /** Position of the first pair of this part among all pairs, from 0. */
  readonly offset: number;
  /** Pairs of this part, the rejected ones included. */
  readonly size: number;
}

/** Pause when the server does not say how long its limits hold, in milliseconds. */
const PAUSE_MS = 10_000;

type Submit = (pairs: readonly RequestedPair[]) => Promise<ValidPairs>;

/**
 * Submits pairs as batches, one after the other. Waits whenever the limits of the account are used up, as long as the server says.
 * @param submit submits the valid pairs of one batch; it is called again with the same pairs after a wait
 * @throws {ClientError} what `submit` throws, except `quota`
 */
export async function* upload(
  pairs: Iterable<RequestedPair> | AsyncIterable<RequestedPair>,
  {
    perBatch,
    submit,
    sleep,
  }: { readonly perBatch: number; readonly submit: Submit; readonly sleep: (ms: number) => Promise<void> },
): AsyncGenerator<UploadedBatch, void, undefined> {
  let offset = 0;
  for await (const part of partsOf(pairs, perBatch)) {
    const { batchId, rejected } = await submitPatiently(part, submit, sleep);
    yield { batchId, offset, size: part.length, rejected };
    offset += part.length;
  }
}

async function submitPatiently(
  part: readonly RequestedPair[],
  submit: Submit,
  sleep: (ms: number) => Promise<void>,
): Promise<ValidPairs> {
  for (;;) {
    try {
      return await submit(part);
    } catch (error) {
      if (!isClientError(error, 'quota')) throw error;
      const { retryAfterSeconds } = error.details;
      await sleep(retryAfterSeconds === undefined ? PAUSE_MS : 1_000 * retryAfterSeconds);
    }
  }
}

/** What became of the pairs of a batch that the server refused because none is valid. @throws every other error */
export function noneValid(error: unknown): ValidPairs {
  if (!isClientError(error) || error.serverCode !== 'invalidPairs') throw error;
  const problems = error.answer?.problems ?? [];
  return { batchId: undefined, rejected: problems.map((problem) => ({ ...problem, index: indexIn(problem) })) };
}

/** The position of the pair that a problem names, for example 3 for `revtrs[3].dst`. */
const indexIn = ({ at }: ServerDetail): number => Number(/\[(\d{1,9})\]/.exec(at)?.[1] ?? 0);

async function* partsOf<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let part: T[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
