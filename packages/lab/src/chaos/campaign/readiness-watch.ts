import type { Clock } from '@revtr/probing';
import { z } from 'zod';
import type { HistoryWriter } from './history-writer.ts';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;
const answerSchema = z.object({ parts: z.record(z.string(), z.string()) });

/** Asks an API whether it is ready, as a load balancer does, and writes down each change of the answer. */
export async function watchReadiness(
  api: string,
  { history, clock }: { readonly history: HistoryWriter; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    const answer = await readiness(api).catch(() => ({ status: 0, failed: [] }));
    if (JSON.stringify(answer) !== last) history.write({ type: 'readiness', api, ...answer });
    last = JSON.stringify(answer);
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}

async function readiness(api: string): Promise<{ readonly status: number; readonly failed: string[] }> {
  const response = await fetch(`${api}/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { parts } = answerSchema.parse(await response.json());
  return { status: response.status, failed: Object.keys(parts).filter((name) => parts[name] !== 'ok') };
}
