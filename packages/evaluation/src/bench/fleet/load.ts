import { setTimeout as sleep } from 'node:timers/promises';
import type { ReverseTracerouteClient } from '@revtr/client';
import { completion } from '../completion.ts';

/** What a client sees of a load. */
export interface Load {
  readonly measurements: number;
  /** From the first submission to the last end. */
  readonly seconds: number;
  /** Measurements that end in a second while the first and the last tenth of them are left out. */
  readonly perSecond: number;
  readonly reached: number;
}

const PER_BATCH = 1_000;
const POLL_MS = 250;
/** The load is not full while it begins and while it ends. */
const LEFT_OUT = 0.1;

/** Submits pairs in batches of 1,000, spread over the APIs, all at once, and follows each batch to its end. */
export async function measured(
  clients: readonly ReverseTracerouteClient[],
  pairs: readonly { readonly src: string; readonly dst: string }[],
): Promise<Load> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const batches = await Promise.all(
    Array.from({ length: Math.ceil(pairs.length / PER_BATCH) }, async (_, i) => {
      const client = clients[i % clients.length];
      const { batchId } = await client.submit(pairs.slice(i * PER_BATCH, (i + 1) * PER_BATCH));
      return { client, batchId };
    }),
  );
  const samples: { readonly at: number; readonly ended: number }[] = [];
  const over = new AbortController();
  const observing = (async () => {
    while (!over.signal.aborted) {
      const { queued, running } = await clients[0].fleet.queue();
      samples.push({ at: elapsed(), ended: pairs.length - queued - running });
      await sleep(POLL_MS);
    }
  })();
  await Promise.all(batches.map(({ client, batchId }) => completion(client, batchId)));
  const seconds = elapsed();
  over.abort();
  await observing;
  let reached = 0;
  for (const { client, batchId } of batches)
    for await (const { stopReason } of client.eachOutline(batchId)) if (stopReason === 'reaches') reached++;
  return {
    measurements: pairs.length,
    seconds: Math.round(seconds * 100) / 100,
    perSecond: Math.round(steadyRate([...samples, { at: seconds, ended: pairs.length }], pairs.length)),
    reached,
  };
}

function steadyRate(samples: readonly { readonly at: number; readonly ended: number }[], total: number): number {
  const first = samples.find(({ ended }) => ended >= total * LEFT_OUT);
  const last = samples.find(({ ended }) => ended >= total * (1 - LEFT_OUT));
  if (first === undefined || last === undefined || last.at <= first.at) return total / samples[samples.length - 1].at;
  return (last.ended - first.ended) / (last.at - first.at);
}
