import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Atlas, type AtlasRun, ClientError, ReverseTracerouteClient } from '@revtr/client';
import { AtlasService, RipeAtlasAccess } from '@revtr/controller';
import { Atlas as PathAtlas } from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import {
  accountOf,
  type EmulatedAccount,
  MANY_FAULTS,
  type RipeAtlasEmulator,
  SYSTEM_KEY,
  startEmulator,
} from '@revtr/ripe-atlas-emulator';
import { simParameters } from '@revtr/sim';
import { Atlases, AtlasRuns, openDatabase } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ripeAtlasSettings } from '../src/world/ripe-atlas-settings.ts';
import { startSimulatedSystem } from '../src/world/simulated-system.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';
import type { System } from '../src/world/system.ts';

const never = new AbortController().signal;
const log = pino({ level: 'fatal' });
const USER_KEY = '22222222-2222-4222-8222-222222222222';
const errorSchema = z.object({ error: z.object({ code: z.string(), details: z.array(z.unknown()) }) });
const POOR_KEY = '33333333-3333-4333-8333-333333333333';

/** Calls `act` at the moment at which the balance of an account falls below `limit`, and resolves with what it returns. */
function onceBelow<T>(account: EmulatedAccount, limit: number, act: () => T): Promise<T> {
  let { balance } = account;
  return new Promise((resolve) => {
    Object.defineProperty(account, 'balance', {
      get: () => balance,
      set(value: number) {
        if (balance >= limit && value < limit) resolve(act());
        balance = value;
      },
    });
  });
}

describe('the atlas of a source on the medium Internet, through a RIPE Atlas that injects faults', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-atlas-'));
  const world = new SimulatedWorld({ parameters: simParameters('medium', 3), sources: 1, atlas: 'none' });
  const source = formatIpv4(world.sources[0].address);
  let [account, userAccount]: EmulatedAccount[] = [];
  let emulator: RipeAtlasEmulator;
  let system: System;
  const start = () =>
    startSimulatedSystem(
      world,
      {
        host: '127.0.0.1',
        port: 0,
        database: join(directory, 'data'),
        concurrency: 50,
        realTime: false,
        ripeAtlas: ripeAtlasSettings(emulator),
      },
      log,
    );
  const fleet = () => new ReverseTracerouteClient({ server: system.url, key: system.key }).fleet;
  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${system.url}${path}`, { method: 'POST', headers: { 'Revtr-Key': system.key, source, ...headers } });
  const lastRun = async (): Promise<AtlasRun> => (await fleet().atlas(source)).runs[0];
  const done = async (): Promise<Atlas> => fleet().atlasWhenDone(source);

  beforeAll(async () => {
    account = accountOf('system@revtr.example', 1_000_000);
    userAccount = accountOf('user@revtr.example', 1_000_000);
    emulator = await startEmulator(world, {
      keys: {
        [SYSTEM_KEY]: account,
        [USER_KEY]: userAccount,
        [POOR_KEY]: { email: 'poor@revtr.example', balance: 0, permissions: [] },
      },
      // Every probe reports in the end, so that what was estimated is what it costs.
      faults: { ...MANY_FAULTS, silentProbes: 0 },
      mostProbes: 1_000,
    });
    system = await start();
  });
  afterAll(async () => {
    await system.stop();
    await emulator.stop();
    rmSync(directory, { recursive: true });
  });

  let estimated = 0;
  it('is estimated first, begins at once, and continues after a restart', async () => {
    const estimate = await fleet().estimateAtlas(source);
    expect(estimate).toMatchObject({ payer: 'system', probes: 285, credits: 285 * 60 });
    estimated = estimate.credits;
    // Virtual time stands still as soon as some of the probes have reported.
    const held = onceBelow(account, 1_000_000 - estimated / 10, () => world.internet.clock.hold());
    const response = await post('/api/v1/atlas/run');
    expect([response.status, await response.json()]).toEqual([200, {}]);
    const release = await held;
    const run = await lastRun();
    expect(run).toMatchObject({ state: 'running', phase: 'traceroutes', payer: 'system' });
    await system.stop();
    expect(1_000_000 - account.balance).toBeLessThan(estimated);
    release();
    system = await start();
    const { runs } = await done();
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ id: run.id, state: 'done', notes: [], measurements: run.measurements });
  });

  it('costs the estimated credits once, and contains the traceroutes of the probes', async () => {
    const { runs, paths, agesMs, placedExactly, placedBetween, networks } = await fleet().atlas(source);
    expect(runs[0]).toMatchObject({ estimatedCredits: estimated, spentCredits: estimated });
    expect(1_000_000 - account.balance).toBe(estimated);
    const { report } = runs[0];
    expect(report.traceroutes).toBe(285 + world.vantagePoints.length);
    expect(paths.ripeAtlas + paths.vantagePoint).toBe(report.arrived);
    // What did not arrive are results with errors: 3 % of them.
    expect(paths.ripeAtlas).toBeGreaterThan(255);
    expect(report.faults).toBeGreaterThan(0);
    expect(placedExactly).toBeGreaterThan(100);
    expect(placedBetween).toBeGreaterThan(10);
    expect(networks).toBeGreaterThan(50);
    expect(agesMs?.oldest).toBeGreaterThanOrEqual(agesMs?.newest ?? 0);
  });

  it('sends its key in the header only', () => {
    for (const request of emulator.requests.keys()) expect(request).not.toContain(SYSTEM_KEY.slice(0, 8));
    expect([...emulator.requests.keys()]).toContain('POST /api/v2/measurements/traceroute/');
  });

  it('is paid later by the RIPE-Key of its owner, and uses vantage points only without one', async () => {
    const free = await fleet().estimateAtlas(source);
    expect(free).toMatchObject({ payer: 'nobody', probes: 0, credits: 0 });
    expect(free.note).toContain('RIPE-Key');
    expect((await post('/api/v1/atlas/run')).status).toBe(200);
    expect((await done()).runs[0]).toMatchObject({ payer: 'nobody', state: 'done', spentCredits: 0, measurements: [] });
    expect((await post('/api/v1/atlas/run', { 'RIPE-Key': USER_KEY })).status).toBe(200);
    const { runs } = await done();
    expect(runs[0]).toMatchObject({ payer: 'user', state: 'done', spentCredits: estimated });
    expect(1_000_000 - userAccount.balance).toBe(estimated);
    expect(1_000_000 - account.balance).toBe(estimated);
  });

  it('does not begin with a key that RIPE Atlas does not know', async () => {
    const [before] = (await fleet().atlas(source)).runs;
    const response = await post('/api/v1/atlas/run', { 'RIPE-Key': 'not-a-key' });
    const { error } = errorSchema.parse(await response.json());
    expect([response.status, error.code]).toEqual([400, 'badRequest']);
    expect(error.details).toEqual([expect.objectContaining({ at: 'RIPE-Key', code: 'invalidRipeKey' })]);
    expect(JSON.stringify(error)).not.toContain('not-a-key');
    expect((await fleet().atlas(source)).runs[0]).toEqual(before);
  });

  it('accepts a key that may not read credits, and falls back to vantage points where it may not measure', async () => {
    expect((await post('/api/v1/atlas/run', { 'RIPE-Key': POOR_KEY })).status).toBe(200);
    const [run] = (await done()).runs;
    expect(run).toMatchObject({ state: 'done', payer: 'user', spentCredits: 0 });
    expect(run.notes.join()).toContain('lacks the permission');
    expect(JSON.stringify(run)).not.toContain(POOR_KEY);
  });

  it('answers 409 to a RIPE-Key that the run under way does not use, and joins the run with the same key or none', async () => {
    await fleet().runAtlas(source, USER_KEY);
    const refused = await post('/api/v1/atlas/run', { 'RIPE-Key': SYSTEM_KEY });
    expect([refused.status, errorSchema.parse(await refused.json()).error.code]).toEqual([409, 'conflict']);
    const unknown = await post('/api/v1/atlas/run', { 'RIPE-Key': 'not-a-key' });
    expect([unknown.status, errorSchema.parse(await unknown.json()).error.code]).toEqual([400, 'badRequest']);
    expect((await post('/api/v1/atlas/run', { 'RIPE-Key': USER_KEY })).status).toBe(200);
    expect((await post('/api/v1/atlas/run')).status).toBe(200);
    const [run, earlier] = (await done()).runs;
    expect(run).toMatchObject({ payer: 'user', state: 'done' });
    expect(earlier.startedAt < run.startedAt).toBe(true);
    const both = await Promise.all([
      post('/api/v1/atlas/run', { 'RIPE-Key': USER_KEY }),
      post('/api/v1/atlas/run', { 'RIPE-Key': SYSTEM_KEY }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    await done();
  });

  it('can be cancelled and deleted', async () => {
    await fleet().runAtlas(source, USER_KEY);
    expect((await fleet().cancelAtlasRun(source)).runs[0].state).toBe('cancelled');
    const error = await fleet()
      .cancelAtlasRun(source)
      .catch((reason: unknown) => reason);
    expect(error instanceof ClientError && error.code).toBe('refused');
    expect((await post('/api/v1/atlas/clean')).status).toBe(200);
    expect((await fleet().atlas(source)).paths).toEqual({
      publicTraceroute: 0,
      vantagePoint: 0,
      ripeAtlas: 0,
      reverseTraceroute: 0,
    });
  });

  it('is accessible to its owner only', async () => {
    const stranger = new ReverseTracerouteClient({ server: system.url, key: 'nobody' });
    const error = await stranger.fleet.atlas(source).catch((reason: unknown) => reason);
    expect(error instanceof ClientError && error.code).toBe('unauthorized');
    expect((await post('/api/v1/atlas/run', { source: '9.9.9.9' })).status).toBe(404);
  });
});

describe('a run that a crash interrupts', () => {
  let emulator: RipeAtlasEmulator;
  let world: SimulatedWorld;
  let account: EmulatedAccount;
  beforeEach(async () => {
    world = new SimulatedWorld({ parameters: simParameters('small', 4), sources: 1, atlas: 'none' });
    account = accountOf('system@revtr.example', 1_000_000);
    emulator = await startEmulator(world, { keys: { [SYSTEM_KEY]: account } });
  });
  afterEach(() => emulator.stop());

  /** Runs once with a program that is gone after some requests, then with one that starts where it was. */
  const crashAfter = async (requests: number) => {
    const { clock } = world.internet;
    const source = world.sources[0].address;
    const database = await openDatabase({ kind: 'memory' });
    const network = await clock.drive(world.prepare());
    let left = requests;
    // A program that is gone sends nothing more, and no answer reaches it.
    const untilGone: typeof fetch = async (...call) => {
      if (left-- <= 0) return new Promise(() => undefined);
      const response = await fetch(...call);
      return left < 0 ? new Promise(() => undefined) : response;
    };
    const serviceWith = (send: typeof fetch): AtlasService =>
      new AtlasService({
        clock: systemClock,
        engineParts: { ...network, atlas: new PathAtlas(world) },
        records: new Atlases(database.db),
        runs: new AtlasRuns(database.db),
        origins: () => world.vantagePoints,
        ripe: new RipeAtlasAccess(ripeAtlasSettings(emulator), { clock, random: createRandom(1), fetch: send }),
        importedProbes: () => [],
        random: createRandom(1),
        log,
      });
    const first = serviceWith(untilGone);
    await first.restore([source]);
    void first.collect(source, never);
    const over = new AbortController();
    const driving = clock.runUntil(over.signal);
    for (let tries = 0; tries < 1_000 && left > 0; tries++) await sleep(2);
    await sleep(20);
    const second = serviceWith(fetch);
    await second.restore([source]);
    await second.resume();
    const [{ state: before }] = await second.runsOf(source);
    const run = before === 'running' ? await second.collect(source, never) : (await second.runsOf(source))[0];
    over.abort();
    await driving;
    return { run, size: second.size(source) };
  };

  it.each([1, 2, 3, 4, 5, 6])(
    'after %i requests to RIPE Atlas is gone on with, and pays nothing twice',
    async (requests) => {
      const { run, size } = await crashAfter(requests);
      expect(run).toMatchObject({ state: 'done', notes: [] });
      expect(run.measurements).toHaveLength(1);
      expect(emulator.requests.get('POST /api/v2/measurements/traceroute/')).toBe(1);
      expect(1_000_000 - account.balance).toBe(run.probes * 60);
      expect(size).toBe(run.report.arrived);
      expect(size).toBeGreaterThan(10);
    },
  );
});
