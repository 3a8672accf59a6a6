import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { RipeAtlasAccess, TraceroutesOnDemand } from '@revtr/controller';
import { type AskedTraceroute, Atlas } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import { accountOf, NO_FAULTS, type RipeAtlasEmulator, SYSTEM_KEY, startEmulator } from '@revtr/ripe-atlas-emulator';
import { simParameters } from '@revtr/sim';
import { AtlasRuns, openDatabase, parseDatabaseSettings, Users } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ripeAtlasSettings } from '../src/world/ripe-atlas-settings.ts';
import { startSimulatedSystem } from '../src/world/simulated-system.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';
import type { System } from '../src/world/system.ts';

const log = pino({ level: 'fatal' });
const MEASUREMENT = 7;
const CREDITS = 60;
const BALANCE = 1_000_000;

describe('traceroutes on demand, through an emulated RIPE Atlas', () => {
  const world = new SimulatedWorld({ parameters: simParameters('small', 2), sources: 1, atlas: 'none' });
  const { clock, places } = world.internet;
  const source = world.sources[0].address;
  /** An address in the network of a probe: that of the probe itself. */
  const networks = [...Map.groupBy(places.atlasProbes.slice(0, 19), ({ asn }) => asn).values()].map(
    ([{ address }]) => address,
  );
  const account = accountOf('system@revtr.example', BALANCE);
  let emulator: RipeAtlasEmulator;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  let runs: AtlasRuns;
  let atlas: Atlas;
  let user: number;
  let others: number[];
  beforeAll(async () => {
    database = await openDatabase(parseDatabaseSettings('memory:'));
    runs = new AtlasRuns(database.db);
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const userOf = async (name: string): Promise<number> =>
      (await new Users(database.db).ensure({ name, email: `${name}@revtr.example`, role: 'user', ...limits })).id;
    user = await userOf('a');
    others = await Promise.all(networks.map((_, i) => userOf(`other${i}`)));
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    account.balance = BALANCE;
    emulator = await startEmulator(world, { keys: { [SYSTEM_KEY]: account } });
    await database.db.deleteFrom('atlas_runs').execute();
    atlas = new Atlas(world);
  });
  afterEach(async () => {
    await emulator.stop();
  });
  const service = (creditsPerDay = 1_000, waitMs = 60_000, request: typeof fetch = fetch) => {
    const ripe = new RipeAtlasAccess(ripeAtlasSettings(emulator), { clock, random: createRandom(1), fetch: request });
    const engineParts = { atlas, clock, ipToAs: world.ipToAs };
    // Virtual time does not wait for the requests to the emulator: a measurement waits in real time.
    return new TraceroutesOnDemand(
      { creditsPerDay, waitMs },
      { engineParts, clock: systemClock, runs, ripe, importedProbes: () => [], random: createRandom(1), log },
    );
  };
  const ask = (from: TraceroutesOnDemand, near: Ipv4Address, signal?: AbortSignal, userId = user) =>
    from.askerFor(source, { measurementId: MEASUREMENT, userId, keyId: undefined })(near, signal);
  /** Lets virtual time pass until the work is done. */
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    const over = new AbortController();
    const driving = clock.runUntil(over.signal);
    try {
      return await work;
    } finally {
      over.abort();
      await driving;
    }
  };
  const reasons = async () =>
    (await database.db.selectFrom('atlas_runs').select('reason').orderBy('id').execute()).map(({ reason }) => reason);
  const spent = (): number => BALANCE - account.balance;

  it('come from a probe in the network of the hop, are in the atlas, and are stored with who asked and what they cost', async () => {
    const onDemand = service();
    const { path, detail } = await drive(ask(onDemand, networks[0]));
    expect(detail).toMatch(/has sent a traceroute/);
    expect(world.ipToAs.originOf(path?.origin ?? 0)).toBe(world.ipToAs.originOf(networks[0]));
    expect(atlas.traceroutesTo(source)).toEqual([path]);
    expect(spent()).toBe(CREDITS);
    expect(await runs.paidSince('onDemand', new Date(0))).toEqual({ runs: 1, credits: CREDITS });
    const rows = await database.db.selectFrom('atlas_runs').selectAll().execute();
    expect(rows).toMatchObject([{ user_id: user, state: 'done', details: { askedBy: MEASUREMENT } }]);
  });

  it('are asked for once by measurements that wait at the same time, and not again within an hour', async () => {
    const onDemand = service();
    const both = await drive(Promise.all([ask(onDemand, networks[0]), ask(onDemand, networks[0])]));
    expect(both[0].path).toBeDefined();
    expect(both[1].path).toBe(both[0].path);
    expect(spent()).toBe(CREDITS);
    const probes = places.atlasProbes.filter(({ asn }) => asn === world.ipToAs.originOf(networks[0])).length;
    const later: AskedTraceroute[] = [];
    for (let i = 0; i < probes; i++) later.push(await drive(ask(onDemand, networks[0])));
    expect(later.at(-1)?.detail).toMatch(/no RIPE Atlas probe .* is left to ask/);
    expect(spent()).toBeLessThanOrEqual(probes * CREDITS);
  });

  it('download the list of probes once for all measurements that ask at the same time', async () => {
    const lists: string[] = [];
    const onDemand = service(1_000, 60_000, (input, init) => {
      if (String(input).includes('/probes')) lists.push(String(input));
      return fetch(input, init);
    });
    await drive(Promise.all(networks.map((near, i) => ask(onDemand, near, undefined, others[i]))));
    expect(lists.length).toBeGreaterThan(0);
    expect(new Set(lists).size).toBe(lists.length);
  });

  it('never cost more than the credits of a day, also when many measurements ask at once', async () => {
    const onDemand = service(2.5 * CREDITS);
    const answers = await drive(Promise.all(networks.map((near, i) => ask(onDemand, near, undefined, others[i]))));
    expect(answers.filter(({ detail }) => detail.includes('used up'))).toHaveLength(networks.length - 2);
    expect(spent()).toBe(2 * CREDITS);
  });

  it('leave three quarters of the credits of a day to other users', async () => {
    const onDemand = service(4 * CREDITS);
    expect((await drive(ask(onDemand, networks[0]))).path).toBeDefined();
    expect((await drive(ask(onDemand, networks[1]))).detail).toMatch(/your share .* is used up/);
    expect((await drive(ask(onDemand, networks[1], undefined, others[0]))).path).toBeDefined();
  });

  it('keep a measurement waiting for a limited time, and reach the atlas all the same', async () => {
    const onDemand = service(1_000, 1);
    const { path, isMissing, detail } = await drive(ask(onDemand, networks[0]));
    expect([path, isMissing, detail]).toEqual([undefined, true, expect.stringMatching(/did not arrive/)]);
    const arrived = async (): Promise<void> => {
      for (let tries = 0; tries < 1_000 && atlas.traceroutesTo(source).length === 0; tries++) await sleep(2);
    };
    await drive(arrived());
    expect(atlas.traceroutesTo(source)).toHaveLength(1);
    await drive(onDemand.stop());
  });

  it('do not begin, and cost nothing, for a measurement that is cancelled while it waits for its turn', async () => {
    const onDemand = service();
    // The list of probes is known then.
    await drive(ask(onDemand, networks[0]));
    const isHeld = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const holding = database.db.transaction().execute(() => {
      isHeld.resolve();
      return gate.promise;
    });
    await isHeld.promise;
    const [first, second] = [new AbortController(), new AbortController()];
    const inTurn = ask(onDemand, networks[1], first.signal, others[0]);
    const waiting = ask(onDemand, networks[2], second.signal, others[1]);
    const next = ask(onDemand, networks[3], undefined, others[2]);
    const outcomes = Promise.allSettled([inTurn, waiting, next]);
    await sleep(1);
    first.abort();
    second.abort();
    gate.resolve();
    await holding;
    expect(await drive(outcomes)).toMatchObject([
      { status: 'rejected', reason: { code: 'cancelled' } },
      { status: 'rejected', reason: { code: 'cancelled' } },
      { status: 'fulfilled', value: { path: expect.anything() } },
    ]);
    expect(spent()).toBe(2 * CREDITS);
    expect(await database.db.selectFrom('atlas_runs').select('state').execute()).toEqual([
      { state: 'done' },
      { state: 'done' },
    ]);
  });

  it('end when the measurement is cancelled, and when the controller stops', async () => {
    const onDemand = service();
    const cancelled = ask(onDemand, networks[0], AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const waiting = ask(onDemand, networks[0]).catch(() => undefined);
    for (let tries = 0; tries < 1_000 && spent() === 0; tries++) await sleep(2);
    await onDemand.stop();
    await waiting;
    expect(await reasons()).toEqual([
      'interrupted: the process that carried it out ended, or no longer has the source',
    ]);
    expect((await runs.open()).length).toBe(0);
    expect(await runs.paidSince('onDemand', new Date(0))).toEqual({ runs: 1, credits: CREDITS });
  });

  it('of a controller that was killed count as paid', async () => {
    const row = {
      source: '1.2.3.4',
      user_id: user,
      payer: 'system',
      state: 'running',
      reason: null,
      ended_at: null,
    } as const;
    const started = { details: '{}', estimated_credits: CREDITS, started_at: new Date(clock.now()) };
    await runs.add({ ...row, ...started, cause: 'onDemand' });
    const other = await runs.add({ ...row, ...started, cause: 'refresh' });
    await service().closeInterrupted();
    expect(await reasons()).toEqual([
      'interrupted: the process that carried it out ended, or no longer has the source',
      null,
    ]);
    expect((await runs.open()).map(({ id }) => id)).toEqual([other.id]);
    expect(await runs.paidSince('onDemand', new Date(0))).toEqual({ runs: 1, credits: CREDITS });
  });

  it('count as paid when the answer to their creation is lost', async () => {
    let isLost = false;
    const losing: typeof fetch = async (url, options) => {
      if (options?.method === 'POST') await (await fetch(url, options)).arrayBuffer();
      isLost ||= options?.method === 'POST';
      if (isLost) throw new TypeError('fetch failed');
      return fetch(url, options);
    };
    const { path } = await drive(ask(service(CREDITS, 60_000, losing), networks[0]));
    expect(path).toBeUndefined();
    expect(await runs.paidSince('onDemand', new Date(0))).toEqual({ runs: 1, credits: CREDITS });
    expect((await drive(ask(service(CREDITS), networks[1]))).detail).toMatch(/used up/);
  });

  it('that RIPE Atlas refuses do not fail the measurement', async () => {
    account.balance = 0;
    const { path, detail } = await drive(ask(service(), networks[0]));
    expect([path, detail]).toEqual([undefined, expect.stringMatching(/did not arrive/)]);
    await emulator.stop();
    emulator = await startEmulator(world, {
      keys: { [SYSTEM_KEY]: account },
      faults: { ...NO_FAULTS, serverErrors: 1 },
    });
    expect((await drive(ask(service(), networks[0]))).detail).toMatch(/^RIPE Atlas: /);
  });
});

describe('a measurement that may wait for traceroutes', () => {
  const world = new SimulatedWorld({ parameters: simParameters('small', 2), sources: 1, atlas: 'none' });
  const [source] = world.sources.map(({ address }) => formatIpv4(address));
  const destinations = [...new Set(world.randomPairs(60).map(({ destination }) => formatIpv4(destination)))];
  const account = accountOf('system@revtr.example', BALANCE);
  let emulator: RipeAtlasEmulator;
  let system: System;
  beforeAll(async () => {
    emulator = await startEmulator(world, { keys: { [SYSTEM_KEY]: account } });
    const ripeAtlas = { ...ripeAtlasSettings(emulator), onDemandCreditsPerDay: 20 * CREDITS };
    const common = { host: '127.0.0.1', port: 0, database: 'memory:', concurrency: 50, realTime: false };
    system = await startSimulatedSystem(world, { ...common, ripeAtlas }, log);
  });
  afterAll(async () => {
    await system.stop();
    await emulator.stop();
  });
  /** How many traceroutes the measurements of all destinations waited for. */
  const waitedFor = async (options: object): Promise<number> => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = destinations.map((dst) => ({ src: source, dst, useCache: false, ...options }));
    const { batchId } = await client.submit(pairs);
    const { measurements } = await client.wait(batchId);
    return measurements.reduce((sum, { result }) => sum + (result?.stats.onDemandTraceroutes ?? 0), 0);
  };

  it('asks RIPE Atlas only when the request says so, within the credits, and shows what they cost', async () => {
    expect(await waitedFor({})).toBe(0);
    expect(account.balance).toBe(BALANCE);
    expect(await waitedFor({ isRunTracerouteOnDemand: true })).toBeGreaterThan(0);
    const spent = BALANCE - account.balance;
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThanOrEqual(20 * CREDITS);
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const { onDemand, runs } = await fleet.atlas(source);
    expect(onDemand).toEqual({ traceroutes: spent / CREDITS, credits: spent });
    expect(runs.map(({ cause }) => cause)).not.toContain('onDemand');
  });
});
