import type { Clock } from '@revtr/probing';

/** Waits for an answer of the database until the time of a piece of work is over. */
export type InTime = <Answer>(query: Promise<Answer>) => Promise<Answer>;

/**
 * Does work that asks the database, for `milliseconds` in all. A database that does not answer, for instance over a connection whose other end is
 * gone, is as good as none. A question whose answer came too late may still have been carried out.
 */
export async function withinTime<Result>(
  milliseconds: number,
  clock: Clock,
  work: (inTime: InTime) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const late = clock.sleep(milliseconds, over.signal).then(() => {
    throw new Error('the database did not answer before the leases ended');
  });
  late.catch(() => undefined);
  try {
    return await work((query) => {
      query.catch(() => undefined);
      return Promise.race([query, late]);
    });
  } finally {
    over.abort();
  }
}
