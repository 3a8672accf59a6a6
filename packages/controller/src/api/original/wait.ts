import type { ApiCollaborators } from '../http/collaborators.ts';

/** Longest time that a request waits for its results, milliseconds. */
const LONGEST_WAIT_MS = 300_000;
const LOOK_MS = 200;
/** Looks between two queries when no measurement has ended in this process: others may run the batch. */
const QUERY_EVERY = 25;

/** Resolves when all measurements of a batch have ended, the time is over, `left` fires because the client has left, or the server stops. */
export async function waitUntilFinished(
  batchId: number,
  left: AbortSignal,
  { batches, events, stopping, clock }: Pick<ApiCollaborators, 'batches' | 'events' | 'stopping' | 'clock'>,
): Promise<void> {
  const signal = AbortSignal.any([left, stopping, AbortSignal.timeout(LONGEST_WAIT_MS)]);
  let hasNews = true;
  const unsubscribe = events.subscribe(batchId, { paths: false }, () => {
    hasNews = true;
  });
  try {
    const { size = 0 } = (await batches.find(batchId)) ?? {};
    for (let looks = 0; !signal.aborted; looks++) {
      if (hasNews || looks % QUERY_EVERY === 0) {
        hasNews = false;
        if ((await batches.countDone(batchId)) >= size) break;
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  } finally {
    unsubscribe();
  }
}
