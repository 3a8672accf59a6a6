import { ReverseTracerouteClient } from '@revtr/client';
import { systemClock } from '@revtr/probing';
import { readHistory } from '../check/history.ts';
import { RUN_FILES, runFile } from '../files/run-files.ts';
import type { PlannedBatch } from '../plan/batches.ts';
import { readRunRecord } from '../plan/run-record.ts';
import { BatchClient } from './batch-client.ts';
import { HistoryWriter } from './history-writer.ts';
import { watchReadiness } from './readiness-watch.ts';
import { CAMPAIGN_SETTINGS, campaignSettingsSchema } from './settings.ts';

/** Time for an answer: a connection may be half open. */
const TIMEOUT_MS = 20_000;

/** The clients of a run: several users submit batches, spread over time, and wait for their ends. */
async function measureAll(
  batches: readonly PlannedBatch[],
  users: readonly BatchClient[],
  signal: AbortSignal,
): Promise<void> {
  const startedAt = Date.now();
  const measured = batches.map(async (batch) => {
    await systemClock.sleep(Math.max(0, startedAt + batch.atMs - Date.now()), signal);
    await users[batch.user].measure(batch, signal);
  });
  await Promise.all(measured);
}

/** Reads every batch that was accepted once more, after all faults were repaired. */
async function readAll(historyFile: string, users: readonly BatchClient[], signal: AbortSignal): Promise<void> {
  const read = new Set<number>();
  for (const event of readHistory(historyFile)) {
    if (event.type !== 'accepted' || read.has(event.batchId)) continue;
    read.add(event.batchId);
    await users[event.user].readFinally(event.batchId, signal);
  }
}

const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => over.abort());
const { apis, keys, readsOnly, directory } = campaignSettingsSchema.parse(
  JSON.parse(process.env[CAMPAIGN_SETTINGS] ?? '{}'),
);
const historyFile = runFile(directory, RUN_FILES.history);
const history = new HistoryWriter({ file: historyFile }, { now: () => Date.now() });
const users = keys.map((key, user) => {
  const clients = apis.map((server) => new ReverseTracerouteClient({ server, key, timeoutMs: TIMEOUT_MS }));
  return new BatchClient({ user }, { clients, history, clock: systemClock });
});
if (readsOnly) await readAll(historyFile, users, over.signal);
else {
  const watching = new AbortController();
  const watched = apis.map((api) => watchReadiness(api, { history, clock: systemClock }, watching.signal));
  await measureAll(readRunRecord(directory).batches, users, over.signal);
  watching.abort();
  await Promise.all(watched);
}
