import { NO_RELATIONS } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import { createRandom, TargetPolicy } from '@revtr/probing';
import {
  Agents,
  ApiKeys,
  Batches,
  generateApiKey,
  hashApiKey,
  Jobs,
  MeasurementFinder,
  SourceShares,
  type User,
  Users,
  Watches,
  WatchHistory,
  type WatchRow,
  WatchRuns,
} from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentDirectory } from '../src/agents/directory.ts';
import { SourceAccess } from '../src/agents/source-access.ts';
import { DestinationCheck } from '../src/measurements/destination-check.ts';
import type { StoredResult } from '../src/measurements/stored-result.ts';
import { Submission } from '../src/measurements/submission.ts';
import { WatchOwners } from '../src/watches/owners.ts';
import { WATCH_OPTIONS, WatchScheduler } from '../src/watches/scheduler.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const SOURCE = '9.0.0.1';
const DESTINATION = '6.0.0.9';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const POLL_MS = 10_000;

type Result = Pick<StoredResult, 'stopReason' | 'failReason' | 'hops'>;
const hop = (address: string, asn: number, technique: 'destination' | 'recordRoute' = 'recordRoute') => ({
  ...{ address, asn, technique },
  ...{ type: 5, trust: 'measured' as const, confidence: 1, evidence: {} },
});
const through = (...routers: readonly [string, number][]): Result => ({
  stopReason: 'reaches',
  hops: [hop(DESTINATION, 6, 'destination'), ...routers.map(([address, asn]) => hop(address, asn)), hop(SOURCE, 9)],
});
const USUAL = through(['7.0.0.1', 7], ['7.0.0.5', 7], ['8.0.0.1', 8]);
const OTHER = through(['7.0.0.1', 7], ['5.0.0.1', 5], ['8.0.0.1', 8]);

describe('WatchScheduler', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let user: User;
  let keyId: number;
  let directory: AgentDirectory;
  let watches: Watches;
  let history: WatchHistory;
  let result: Result;
  /** Whether submitted measurements end at once. */
  let isMeasuring: boolean;
  let targetPolicy: TargetPolicy;
  let schedulers: WatchScheduler[];
  beforeEach(async () => {
    clock = new ManualClock();
    result = USUAL;
    isMeasuring = true;
    targetPolicy = new TargetPolicy({ testNetworks: [] });
    schedulers = [];
    const { db } = database();
    const limits = { max_per_day: 100_000, max_parallel: 1_000, max_per_minute: 1_000 };
    user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    keyId = (await new Users(db).addKey(user.id, hashApiKey(generateApiKey()))) ?? 0;
    directory = await AgentDirectory.open(new Agents(db));
    const source = { kind: 'source', hostname: 's', site: '', user_id: user.id, state: 'ready' } as const;
    await directory.put({ ...source, address: parseIpv4(SOURCE) });
    watches = new Watches(db);
    history = new WatchHistory(db);
  });
  afterEach(async () => {
    for (const scheduler of schedulers) await scheduler.stop();
  });

  const create = async (
    change: { readonly intervalSeconds?: number; readonly webhook?: boolean } = {},
  ): Promise<WatchRow> => {
    const { intervalSeconds = 600, webhook = true } = change;
    const created = await watches.create(
      {
        ...{ user_id: user.id, key_id: keyId, name: 'office', source: SOURCE, destination: DESTINATION },
        ...{ intervalSeconds, alertOn: ['path', 'asPath', 'reach', 'rtt'], alertMail: true },
        webhook: webhook ? { url: 'https://hooks.example/', secret: 'whsec_AAAA' } : null,
      },
      { most: 10, runsPerDay: 100_000 },
      new Date(clock.now()),
    );
    if (typeof created === 'string') throw new Error(created);
    return created;
  };

  const submission = (): Submission => {
    const { db } = database();
    const facts = {
      ...{ relations: NO_RELATIONS, knowsAllRoutes: true },
      ipToAs: { originOf: () => 1, prefixOf: () => undefined },
      ...{ asName: () => undefined, nameOf: async () => undefined, resolve: async () => [] },
    };
    return new Submission(
      { maxBatch: 10 },
      {
        ...{ batches: new Batches(db), facts, clock, onAccepted: () => undefined },
        sources: new SourceAccess({ directory, shares: new SourceShares(db) }),
        destinationCheck: new DestinationCheck({ targetPolicy, facts }),
      },
    );
  };
  const start = (): void => {
    const { db } = database();
    const owners = new WatchOwners({ users: new Users(db), keys: new ApiKeys(db), directory, clock });
    const scheduler = new WatchScheduler(
      { historyDays: 30, pollMs: POLL_MS },
      {
        ...{ history, owners, clock },
        submission: submission(),
        runs: new WatchRuns(db),
        dispatcher: { wake: () => undefined },
        random: createRandom(1),
        log: pino({ level: 'silent' }),
        pageOf: (id) => `https://revtr.example/watches/${id}`,
        samePlace: () => false,
        identifiesRouter: () => true,
      },
    );
    schedulers.push(scheduler);
    scheduler.start();
  };

  /** Ends everything that is queued, with `result`. */
  const measure = async (): Promise<void> => {
    if (!isMeasuring) return;
    const jobs = new Jobs(database().db);
    const now = new Date(clock.now());
    const leased = await jobs.lease('runner', 100, now, new Date(clock.now() + MINUTE_MS));
    const times = { startedAt: clock.now(), endedAt: clock.now() };
    const stats = Object.fromEntries(
      'recordRoutePings spoofedRecordRoutePings timestampPings spoofedTimestampPings plainPings traceroutes tracerouteProbes recordRouteRounds spoofedRecordRouteRounds atlasQueries recordRouteMs spoofedRecordRouteMs atlasMs symmetryMs'
        .split(' ')
        .map((name) => [name, 0]),
    );
    const finished = leased.map(({ id }) => ({ id, result: { ...result, ...times, plan: 'p', attempts: [], stats } }));
    await jobs.finish('runner', finished, now);
  };
  /** Resolves when all that is due has been done: every series sleeps again. */
  const idle = async (sleeping = 3): Promise<void> => {
    await vi.waitFor(() => expect(clock.sleeping).toBe(sleeping * schedulers.length), { interval: 1, timeout: 60_000 });
  };
  /** Lets time pass in steps, and measures after each. */
  const pass = async (milliseconds: number, step = POLL_MS): Promise<void> => {
    await idle();
    for (const end = clock.now() + milliseconds; clock.now() < end; ) {
      await clock.advance(Math.min(step, end - clock.now()));
      await idle();
      await measure();
    }
  };
  const runsOf = async ({ id }: WatchRow) => (await history.runs(id, { limit: 1_000 })).reverse();
  const alertsOf = async ({ id }: WatchRow) => (await history.alerts(id, { limit: 1_000 })).reverse();

  it('runs a watch at its interval, with jitter', async () => {
    const watch = await create();
    start();
    await pass(100 * MINUTE_MS);
    const runs = await runsOf(watch);
    expect(runs.length).toBeGreaterThanOrEqual(9);
    expect(runs.length).toBeLessThanOrEqual(12);
    const gaps = runs
      .slice(1)
      .map(({ started_at }, i) => (started_at.getTime() - runs[i].started_at.getTime()) / MINUTE_MS);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(9);
      expect(gap).toBeLessThanOrEqual(11.2);
    }
    expect(new Set(gaps).size).toBeGreaterThan(2);
    expect(runs.every(({ outcome, path }) => outcome !== 'measured' || path === 1)).toBe(true);
    const filter = { userId: user.id, label: `watch ${watch.id} run ${runs[0].id}` };
    const search = await new MeasurementFinder({ db: database().db }).begin(filter, { order: 'oldest' });
    const [measurement] = await search.read(1);
    expect(measurement).toMatchObject({ user_id: user.id, options: { reuseMaxAgeMs: 0, measureRtts: true } });
    expect(await new Batches(database().db).find(measurement.batch_id)).toMatchObject({ key_id: keyId, size: 1 });
    expect(await new Batches(database().db).latestOf(user.id)).toEqual([]);
  });

  it('does not begin a run while one is under way, nor repeat those that were missed', async () => {
    const watch = await create();
    isMeasuring = false;
    start();
    await pass(50 * MINUTE_MS, MINUTE_MS);
    expect(await runsOf(watch)).toHaveLength(1);
    isMeasuring = true;
    await pass(30_000);
    expect((await runsOf(watch)).map(({ outcome }) => outcome)).toEqual(['measured', 'measured']);
  });

  it('shares the watches with another controller, and repeats no run', async () => {
    const all = [await create(), await create({ intervalSeconds: 60 }), await create()];
    start();
    start();
    await pass(30_000);
    for (const watch of all) expect(await runsOf(watch)).toHaveLength(1);
  });

  it('submits a run that a process has claimed and not submitted, and notes one that it has submitted', async () => {
    const [claimed, submitted] = [await create(), await create({ intervalSeconds: 86_400 })];
    const { db } = database();
    const runs = new WatchRuns(db);
    const lease = { limit: 10, leaseUntil: new Date(clock.now() + MINUTE_MS) };
    const next = (): Date => new Date(clock.now() + DAY_MS);
    expect(await runs.claimDue(new Date(clock.now()), { ...lease, next })).toHaveLength(2);
    // One process ends here; another had submitted the second run and ended before it noted that.
    const [run] = await runsOf(submitted);
    const label = `watch ${submitted.id} run ${run.id}`;
    const pair = { source: SOURCE, destination: DESTINATION, label, options: WATCH_OPTIONS };
    const accepted = await submission().submit(user, [pair], { skipInvalid: false, keyId, idempotencyKey: label });
    start();
    await pass(50_000);
    expect((await runsOf(claimed))[0].batch_id).toBeNull();
    await pass(60_000);
    expect((await runsOf(claimed)).map(({ outcome }) => outcome)).toEqual(['measured']);
    expect(await runsOf(submitted)).toMatchObject([{ outcome: 'measured', batch_id: accepted.batchId }]);
    const { count } = await db
      .selectFrom('results')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(2);
  });

  it('confirms a change by a second measurement soon, and then alerts by every channel', async () => {
    const watch = await create();
    start();
    await pass(130 * MINUTE_MS, MINUTE_MS);
    result = OTHER;
    await pass(15 * MINUTE_MS);
    const [first, second] = (await runsOf(watch)).filter(({ as_path }) => JSON.stringify(as_path).includes('5'));
    expect(first).toMatchObject({ verdict: 'candidate', is_confirmation: false, path: 2 });
    expect(second).toMatchObject({ verdict: 'changed', is_confirmation: true, path: 2 });
    const seconds = (second.started_at.getTime() - first.started_at.getTime()) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThanOrEqual(75);
    const [change] = await history.changes(watch.id, { limit: 10 });
    expect(change).toMatchObject({ run_id: second.id, kinds: ['path', 'asPath'] });
    const alerts = await alertsOf(watch);
    expect(alerts.map(({ channel, type, change_id }) => [channel, type, change_id])).toEqual([
      ['mail', 'watch.changed', change.id],
      ['webhook', 'watch.changed', change.id],
    ]);
    expect(alerts[0].subject).toBe('Reverse Traceroute: office: the path has changed');
    expect(alerts[0].body).toContain('Networks: AS6 AS7 AS5 AS8 AS9');
    expect(JSON.parse(alerts[1].body)).toMatchObject({
      type: 'watch.changed',
      data: {
        watch: {
          id: watch.id,
          source: SOURCE,
          destination: DESTINATION,
          page: `https://revtr.example/watches/${watch.id}`,
        },
        kinds: ['path', 'asPath'],
        measurementId: second.measurement_id,
        before: { asPath: [6, 7, 8, 9] },
        after: { asPath: [6, 7, 5, 8, 9], reach: 'reached' },
      },
    });
    expect(alerts[1].body.length).toBeLessThan(20_000);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['userDisabled', 'is disabled', () => new Users(database().db).change(user.id, { disabledAt: new Date() })],
    ['keyRevoked', 'loses the key', () => new ApiKeys(database().db).revoke(user.id, keyId, new Date())],
    [
      'keyExpired',
      'has a key that expires',
      () =>
        database()
          .db.updateTable('api_keys')
          .set({ expires_at: new Date(clock.now()) })
          .execute(),
    ],
    ['sourceRemoved', 'has a source that is withdrawn', () => directory.enter(parseIpv4(SOURCE), 'withdrawn')],
    [
      'sourceNotPermitted',
      'may not use the source any more',
      () =>
        database()
          .db.updateTable('agents')
          .set({ user_id: null, visibility: 'private' })
          .execute()
          .then(() => directory.reload(parseIpv4(SOURCE))),
    ],
    [
      'destinationRefused',
      'has a destination that opted out',
      async () => targetPolicy.setOptedOut({ covers: (address) => address === parseIpv4(DESTINATION) }),
    ],
  ])('pauses a watch (%s) whose user %s, and says so', async (reason, _, change) => {
    const watch = await create();
    start();
    await pass(30_000);
    await change();
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect(await watches.find(watch.id)).toMatchObject({ state: 'paused', pause_reason: reason });
    expect((await runsOf(watch)).at(-1)).toMatchObject({ outcome: 'notMeasured', detail: reason });
    expect((await alertsOf(watch)).map(({ channel, type }) => [channel, type])).toEqual([
      ['mail', 'watch.paused'],
      ['webhook', 'watch.paused'],
    ]);
    const { length } = await runsOf(watch);
    await pass(30 * MINUTE_MS, MINUTE_MS);
    expect(await runsOf(watch)).toHaveLength(length);
  });

  it('pauses no watch without saying so, though the database fails meanwhile', async () => {
    const watch = await create();
    start();
    await pass(30_000);
    const { db } = database();
    await new Users(db).change(user.id, { disabledAt: new Date(clock.now()) });
    await db.schema.alterTable('watch_alerts').renameTo('missing_alerts').execute();
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect((await watches.find(watch.id))?.state).toBe('active');
    await db.schema.alterTable('missing_alerts').renameTo('watch_alerts').execute();
    await pass(3 * MINUTE_MS, MINUTE_MS);
    expect(await watches.find(watch.id)).toMatchObject({ state: 'paused', pause_reason: 'userDisabled' });
    expect((await alertsOf(watch)).map(({ channel, type }) => [channel, type])).toEqual([
      ['mail', 'watch.paused'],
      ['webhook', 'watch.paused'],
    ]);
  });

  it('pauses no watch for a source that its user may use again, of which nobody has told this process', async () => {
    const watch = await create();
    start();
    await pass(30_000);
    const { db } = database();
    const owner = (await new Agents(db).find(SOURCE))?.user_id ?? null;
    const set = (change: { user_id: number | null; visibility: 'private' | 'public' }) =>
      db.updateTable('agents').set(change).execute();
    await set({ user_id: null, visibility: 'private' });
    await directory.reload(parseIpv4(SOURCE));
    await set({ user_id: owner, visibility: 'public' });
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect(await runsOf(watch)).toContainEqual(expect.objectContaining({ detail: 'sourceChanged' }));
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect(await watches.find(watch.id)).toMatchObject({ state: 'active' });
    expect((await runsOf(watch)).at(-1)).not.toMatchObject({ outcome: 'notMeasured' });
  });

  it('skips runs while a source is not ready, a quota is exhausted, or probes are held back, and concludes nothing', async () => {
    const watch = await create();
    start();
    await pass(30_000);
    await directory.enter(parseIpv4(SOURCE), 'quarantined');
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect((await runsOf(watch)).at(-1)).toMatchObject({ outcome: 'notMeasured', detail: 'sourceNotReady' });
    await directory.enter(parseIpv4(SOURCE), 'testing');
    await directory.enter(parseIpv4(SOURCE), 'ready');
    const { db } = database();
    await db.updateTable('users').set({ max_per_day: 1 }).execute();
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect((await runsOf(watch)).at(-1)).toMatchObject({ outcome: 'notMeasured', detail: 'quotaPerDay' });
    await db.updateTable('users').set({ max_per_day: 1_000 }).execute();
    const reason = { code: 'budgetExhausted', message: 'no packets left', hop: DESTINATION };
    result = { stopReason: 'failed', failReason: reason, hops: [hop(DESTINATION, 6, 'destination')] };
    await pass(12 * MINUTE_MS, MINUTE_MS);
    expect((await runsOf(watch)).at(-1)).toMatchObject({ outcome: 'notMeasured', detail: 'budgetExhausted' });
    expect(await watches.find(watch.id)).toMatchObject({ state: 'active' });
    expect(await alertsOf(watch)).toEqual([]);
  });

  it('deletes runs, changes, alerts and measurements that are older than the history may become', async () => {
    const watch = await create({ intervalSeconds: 86_400 });
    start();
    await pass(30_000);
    await clock.advance(29 * DAY_MS);
    await pass(2 * DAY_MS, 600_000);
    const runs = await runsOf(watch);
    expect(runs[0].started_at.getTime()).toBeGreaterThan(clock.now() - 30 * DAY_MS - 700_000);
    const measurements = await database().db.selectFrom('results').select('created_at').execute();
    expect(measurements.length).toBeGreaterThan(0);
    for (const { created_at } of measurements)
      expect(created_at.getTime()).toBeGreaterThan(clock.now() - 30 * DAY_MS - 700_000);
  });
});
