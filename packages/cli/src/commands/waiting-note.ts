import { setTimeout } from 'node:timers/promises';
import { ClientError, type ReverseTracerouteClient, type WaitingTime } from '@revtr/client';
import { duration } from '../render/duration.ts';

const ASK_EVERY_MS = 5_000;

/** Asks again and again how long a batch waits, and tells `show` in words, until `signal` fires. A server that does not know it is not asked again. */
export async function noteWaiting(
  client: Pick<ReverseTracerouteClient, 'waiting'>,
  batchId: number,
  { show, signal }: { readonly show: (text: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  try {
    for (; !signal.aborted; await setTimeout(ASK_EVERY_MS, undefined, { signal })) {
      const text = waitingText(await client.waiting(batchId));
      if (!signal.aborted) show(text);
    }
  } catch (error) {
    if (!(error instanceof ClientError) && !signal.aborted) throw error;
  }
}

function waitingText({ queued, startsInSeconds, endsInSeconds }: WaitingTime): string {
  if (startsInSeconds === undefined || endsInSeconds === undefined) return queued === 0 ? '' : `${queued} wait`;
  const starts = queued > 0 && startsInSeconds > 0 ? `begins in about ${duration(startsInSeconds)}, ` : '';
  return endsInSeconds === 0 ? '' : `${starts}ends in about ${duration(endsInSeconds)}`;
}
