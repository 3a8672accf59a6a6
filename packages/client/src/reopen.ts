import { badAnswer } from './answer.ts';
import { isClientError } from './errors.ts';

/** Pauses before a broken event stream is opened again, in milliseconds. After the last one the client gives up. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000];

/**
 * Reads an event stream until `read` finds what it waits for. When the stream breaks or ends too early, it is read again after a pause; the
 * client gives up after eight failures in a row (about 30 s).
 * @param what names the stream in the error
 * @param read reads the stream once, and calls `onEvent` with each event; `undefined`: the stream ended too early
 * @throws {ClientError} `badAnswer` or `unreachable` after the last failure, and every other error of `read`
 */
export async function reopening<T>(
  what: string,
  read: (onEvent: () => void) => Promise<T | undefined>,
  sleep: (ms: number) => Promise<void>,
): Promise<T> {
  let failures = 0;
  const onEvent = (): void => {
    failures = 0;
  };
  for (;;) {
    let failure = badAnswer(`the event stream of ${what} ended too early`);
    try {
      const found = await read(onEvent);
      if (found !== undefined) return found;
    } catch (error) {
      if (!isClientError(error, 'unreachable')) throw error;
      failure = error;
    }
    const pause = PAUSES_MS[failures++];
    if (pause === undefined) throw failure;
    await sleep(pause);
  }
}
