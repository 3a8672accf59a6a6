import { ReverseTracerouteClient } from '@revtr/client';
import { createRandom, type Random, systemClock } from '@revtr/probing';
import { readHistory } from '../check/history.ts';
import { BatchClient, type Pair } from './batch-client.ts';
import { HistoryWriter } from './history-writer.ts';
import { watchReadiness } from './readiness-watch.ts';
import { CAMPAIGN_SETTINGS, type CampaignSettings, campaignSettingsSchema } from './settings.ts';

const BATCH_SIZES = [1, 1, 2, 5, 10, 20, 50, 100, 200];
/** Time for an answer: a connection may be half open. */
const TIMEOUT_MS = 20_000;

/** Divides pairs into batches of different sizes. */
function batchesOf(pairs: readonly Pair[], random: Random): (readonly Pair[])[] {
  const batches: (readonly Pair[])[] = [];
  for (let first = 0; first < pairs.length; first += batches[batches.length - 1].length)
    batches.push(pairs.slice(first, first + random.pick(BATCH_SIZES)));
  return batches;
}

/** The clients of a run: several users submit batches, spread over time, and wait for their ends. */
async function measureAll(
  settings: CampaignSettings,
  users: readonly BatchClient[],
  signal: AbortSignal,
): Promise<void> {
  const random = createRandom(settings.seed);
  const batches = batchesOf(settings.pairs, random);
  const startedAt = Date.now();
  let submitted = 0;
  const measured = batches.map(async (pairs, i) => {
    const due = (settings.submitForMs * submitted) / settings.pairs.length;
    submitted += pairs.length;
    await systemClock.sleep(Math.max(0, startedAt + due - Date.now()), signal);
    await users[i % users.length].measure(`${settings.seed}-${i}`, pairs, signal);
  });
  await Promise.all(measured);
}

/** Reads every batch that was accepted once more, after all faults were repaired. */
async function readAll(settings: CampaignSettings, users: readonly BatchClient[], signal: AbortSignal): Promise<void> {
  const read = new Set<number>();
  for (const event of readHistory(settings.historyFile)) {
    if (event.type !== 'accepted' || read.has(event.batchId)) continue;
    read.add(event.batchId);
    await users[event.user].read(event.batchId, true, signal);
  }
}

const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => over.abort());
const settings = campaignSettingsSchema.parse(JSON.parse(process.env[CAMPAIGN_SETTINGS] ?? '{}'));
const random = createRandom(settings.seed);
const history = new HistoryWriter({ file: settings.historyFile }, { now: () => Date.now() });
const users = settings.keys.map((key, user) => {
  const clients = settings.apis.map((server) => new ReverseTracerouteClient({ server, key, timeoutMs: TIMEOUT_MS }));
  return new BatchClient({ user }, { clients, history, random: random.fork(`user ${user}`), clock: systemClock });
});
const watching = new AbortController();
const watched = settings.readsOnly
  ? []
  : settings.apis.map((api) => watchReadiness(api, { history, clock: systemClock }, watching.signal));
await (settings.readsOnly ? readAll : measureAll)(settings, users, over.signal);
watching.abort();
await Promise.all(watched);
