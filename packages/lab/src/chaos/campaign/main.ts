import { ReverseTracerouteClient } from '@revtr/client';
import { systemClock } from '@revtr/probing';
import { readHistory } from '../check/history.ts';
import { RUN_FILES, runFile } from '../files/run-files.ts';
import { type RunRecord, readRunRecord } from '../plan/run-record.ts';
import { BatchClient } from './batch-client.ts';
import { HistoryWriter } from './history-writer.ts';
import { OperatorClient } from './operator-client.ts';
import type { CallCollaborators } from './persistent-calls.ts';
import { watchReadiness } from './readiness-watch.ts';
import { CAMPAIGN_SETTINGS, campaignSettingsSchema } from './settings.ts';

/** Time for an answer: a connection may be half open. */
const TIMEOUT_MS = 20_000;

/** The clients of a run: several users submit batches, spread over time, and wait for their ends; an operator forbids probes meanwhile. */
async function measureAll(
  { batches, restrictions }: RunRecord,
  { users, operator }: { readonly users: readonly BatchClient[]; readonly operator: OperatorClient },
  signal: AbortSignal,
): Promise<void> {
  const startedAt = Date.now();
  const until = (atMs: number): Promise<void> => systemClock.sleep(Math.max(0, startedAt + atMs - Date.now()), signal);
  const measured = batches.map(async (batch) => {
    await until(batch.atMs);
    await users[batch.user].measure(batch, signal);
  });
  const forbidden = restrictions.map(async (restriction, i) => {
    await until(restriction.atMs);
    await operator.forbid(restriction, i, signal);
  });
  await Promise.all([...measured, ...forbidden]);
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
const { apis, keys, operatorKey, readsOnly, directory } = campaignSettingsSchema.parse(
  JSON.parse(process.env[CAMPAIGN_SETTINGS] ?? '{}'),
);
const historyFile = runFile(directory, RUN_FILES.history);
const history = new HistoryWriter({ file: historyFile }, { now: () => Date.now() });
/** `retry`: whether the clients repeat requests themselves, which the history then does not show. */
const callsOf = (key: string, retry?: false): CallCollaborators => {
  const settings = { key, timeoutMs: TIMEOUT_MS, ...(retry === false && { retry }) };
  const clients = apis.map((server) => new ReverseTracerouteClient({ server, ...settings }));
  return { clients, history, clock: systemClock };
};
const users = keys.map((key, user) => new BatchClient({ user }, callsOf(key)));
if (readsOnly) await readAll(historyFile, users, over.signal);
else {
  const watching = new AbortController();
  const watched = apis.map((api) => watchReadiness(api, { history, clock: systemClock }, watching.signal));
  const operator = new OperatorClient(callsOf(operatorKey, false));
  await measureAll(readRunRecord(directory), { users, operator }, over.signal);
  watching.abort();
  await Promise.all(watched);
}
