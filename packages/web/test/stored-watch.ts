import { type FinishedRun, openDatabase, Users, WatchAlerts, Watches, WatchHistory, WatchRuns } from '@revtr/storage';

const MINUTE_MS = 60_000;
const INTERVAL_MINUTES = 15;
/** The operator of the simulated system. */
const OPERATOR = {
  name: 'Lab',
  email: 'lab@revtr.example',
  role: 'operator',
  max_per_day: 1_000_000_000,
  max_parallel: 1_000_000_000,
  max_per_minute: 1_000_000_000,
} as const;

/** What every run of the stored watch shows, oldest first: letters are paths, as in the strip. */
export const STORED_RUNS = 'AAAAAAAAAAAA·AAAAAAAA?BBBBBBBBBB!BBBBBBBBBBBBBB?AAAAAAAA';
/** The name of another watch, without runs. */
export const HOSTILE_NAME = '<b>branch</b> & "lab"';
const CONFIRMED_AT = [22, 48];

const side = (run: number, at: number, hops: readonly [string, number][], rttMs: number) => ({
  ...{ run, at, reach: 'reached', rttMs },
  places: hops.map(([address, asn]) => ({ addresses: [address], asn, view: 'stamp' })),
});
const ENDS = { first: ['1.0.4.2', 64_500], last: ['1.0.9.250', 64_510] } as const;
const USUAL: readonly [string, number][] = [
  [...ENDS.first],
  ['1.0.4.1', 64_500],
  ['1.0.6.17', 64_503],
  ['1.0.6.33', 64_503],
  ['1.0.9.1', 64_510],
  [...ENDS.last],
];
const DETOUR: readonly [string, number][] = [
  [...ENDS.first],
  ['1.0.4.1', 64_500],
  ['1.0.7.5', 64_507],
  ['1.0.7.9', 64_507],
  ['1.0.8.2', 64_508],
  ['1.0.9.1', 64_510],
  [...ENDS.last],
];

/** Stores a watch with a history in a database, as a controller would have written it, and returns its number. */
export async function storeWatch(directory: string): Promise<number> {
  const database = await openDatabase({ kind: 'embedded', directory });
  try {
    const { db } = database;
    const user = await new Users(db).ensure(OPERATOR);
    const begin = Date.now() - STORED_RUNS.length * INTERVAL_MINUTES * MINUTE_MS;
    const watches = new Watches(db);
    const limits = { most: 10, runsPerDay: 10_000 };
    const watch = await watches.create(
      {
        ...{
          user_id: user.id,
          key_id: null,
          name: 'office',
          source: ENDS.last[0],
          destination: ENDS.first[0],
        },
        ...{ intervalSeconds: INTERVAL_MINUTES * 60, alertOn: ['path', 'asPath', 'reach', 'rtt'], alertMail: true },
        webhook: { url: 'https://hooks.example/revtr', secret: 'whsec_AAAA' },
      },
      limits,
      new Date(begin),
    );
    if (typeof watch === 'string') throw new Error(watch);
    await storeRuns(new WatchRuns(db), begin);
    const hostile = {
      user_id: user.id,
      key_id: null,
      name: HOSTILE_NAME,
      source: ENDS.last[0],
      destination: ENDS.first[0],
    };
    const other = await watches.create(
      { ...hostile, intervalSeconds: 86_400, alertOn: [], alertMail: false, webhook: null },
      limits,
      new Date(),
    );
    if (typeof other === 'string') throw new Error(other);
    await watches.change(other, { pauseReason: 'byUser' });
    // The system must not measure it while the test looks.
    await watches.change(watch, { pauseReason: 'sourceRemoved' });
    const alerts = await new WatchHistory(db).alerts(watch.id, { limit: 10 });
    const table = new WatchAlerts(db);
    for (const { id, channel } of alerts)
      await table.attempted(
        id,
        channel === 'mail'
          ? { state: 'delivered' }
          : { state: 'dead', status: 500, error: 'the webhook answered <script>500</script>' },
        new Date(),
      );
    return watch.id;
  } finally {
    await database.close();
  }
}

async function storeRuns(runs: WatchRuns, begin: number): Promise<void> {
  let firstOfPath = 0;
  for (const [i, symbol] of [...STORED_RUNS].entries()) {
    const now = new Date(begin + i * INTERVAL_MINUTES * MINUTE_MS);
    const next = (): Date => new Date(now.getTime() + INTERVAL_MINUTES * MINUTE_MS);
    const [{ run }] = await runs.claimDue(now, { limit: 1, leaseUntil: next(), next });
    if (symbol === '?') firstOfPath = run.id;
    const finished = finishedAs(symbol, run.id, now.getTime(), CONFIRMED_AT.includes(i), firstOfPath);
    await runs.finish(run, now, () => finished);
  }
}

function finishedAs(symbol: string, run: number, at: number, isChange: boolean, firstRun: number): FinishedRun {
  if (symbol === '·') return { outcome: 'notMeasured', detail: 'budgetExhausted', alerts: [] };
  const isUsual = symbol === 'A';
  const before = isUsual ? side(run - 2, at, DETOUR, 219.6) : side(run - 2, at, USUAL, 38.2);
  const after = isUsual ? side(run, at, USUAL, 38.4) : side(run, at, DETOUR, 220.1);
  return {
    ...{ outcome: 'measured', verdict: isChange ? 'changed' : symbol === '?' ? 'candidate' : 'same' },
    reach: symbol === '!' ? 'notReached' : 'reached',
    rttMs: after.rttMs,
    ...(symbol !== '?' && { path: isUsual ? 1 : 2 }),
    ...(isChange && { change: { kinds: ['path', 'asPath', 'rtt'], before, after, firstRun } }),
    alerts: isChange
      ? (['mail', 'webhook'] as const).map((channel) => ({
          ...{ channel, type: 'watch.changed', messageId: `msg_${channel}${run}`, subject: 'changed', body: '{}' },
        }))
      : [],
  };
}
