import type { ReverseTracerouteClient } from '@revtr/client';
import { quantile } from '../../statistics/quantiles.ts';
import { completion } from '../completion.ts';

/** What a client sees of a load. */
export interface Load {
  readonly measurements: number;
  /** From the first submission to the last end. */
  readonly seconds: number;
  /** Measurements that reached their source, and how the others ended. */
  readonly reached: number;
  readonly others: Readonly<Record<string, number>>;
  /** Measurements that reached their source in a second, while the first and the last tenth of all ends are left out. */
  readonly reachedPerSecond: number;
  /** How long a measurement took from its start, without its time in the queue, seconds. */
  readonly duration: { readonly median: number; readonly p95: number };
}

interface Ended {
  readonly at: number;
  readonly durationMs: number;
  readonly how: string;
}

const PER_BATCH = 1_000;
/** The load is not full while it begins and while it ends. */
const LEFT_OUT = 0.1;
const REACHED = 'reaches';

/** Submits pairs in batches of 1,000, spread over the APIs, all at once, and follows each batch to its end. */
export async function measured(
  clients: readonly ReverseTracerouteClient[],
  pairs: readonly { readonly src: string; readonly dst: string }[],
): Promise<Load> {
  const started = performance.now();
  const batches = await Promise.all(
    Array.from({ length: Math.ceil(pairs.length / PER_BATCH) }, async (_, i) => {
      const client = clients[i % clients.length];
      const { batchId } = await client.submit(pairs.slice(i * PER_BATCH, (i + 1) * PER_BATCH));
      return { client, batchId };
    }),
  );
  await Promise.all(batches.map(({ client, batchId }) => completion(client, batchId)));
  const seconds = (performance.now() - started) / 1000;
  const ends: Ended[] = [];
  for (const { client, batchId } of batches)
    for await (const { stopReason, failCode, startedAt, durationMs } of client.eachOutline(batchId)) {
      if (startedAt === undefined || durationMs === undefined) continue;
      ends.push({ at: startedAt + durationMs, durationMs, how: [stopReason, failCode].filter(Boolean).join(' ') });
    }
  const others: Record<string, number> = {};
  for (const { how } of ends) if (how !== REACHED) others[how] = (others[how] ?? 0) + 1;
  const durations = ends.map(({ durationMs }) => durationMs);
  return {
    measurements: pairs.length,
    seconds: rounded(seconds),
    reached: ends.filter(({ how }) => how === REACHED).length,
    others,
    reachedPerSecond: rounded(steadyRate(ends)),
    duration: {
      median: rounded(quantile(durations, 0.5) / 1000),
      p95: rounded(quantile(durations, 0.95) / 1000),
    },
  };
}

function steadyRate(ends: readonly Ended[]): number {
  const inOrder = [...ends].sort((a, b) => a.at - b.at);
  const full = inOrder.slice(Math.floor(LEFT_OUT * ends.length), Math.ceil((1 - LEFT_OUT) * ends.length));
  const [first, last] = [full[0], full[full.length - 1]];
  if (first === undefined || last.at <= first.at) return 0;
  return (1000 * full.filter(({ how }) => how === REACHED).length) / (last.at - first.at);
}

const rounded = (value: number): number => Math.round(100 * value) / 100;
