import type { Clock } from '@revtr/probing';

/** Waits for an answer until the time of a piece of work is over. */
export type InTime = <Answer>(question: Promise<Answer>) => Promise<Answer>;

/**
 * Does work that asks, for instance the database, for `milliseconds` in all. A question whose answer comes too late goes on, and may still be carried out.
 * @throws {Error} with the message `tooLate` when the time is over, and what `work` throws
 */
export async function withinTime<Result>(
  { milliseconds, tooLate }: { readonly milliseconds: number; readonly tooLate: string },
  clock: Clock,
  work: (inTime: InTime) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const late = clock.sleep(milliseconds, over.signal).then(() => {
    throw new Error(tooLate);
  });
  late.catch(() => undefined);
  try {
    return await work((question) => {
      question.catch(() => undefined);
      return Promise.race([question, late]);
    });
  } finally {
    over.abort();
  }
}
