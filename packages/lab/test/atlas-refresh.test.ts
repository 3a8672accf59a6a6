import { AtlasService, Refresher, RipeAtlasAccess } from '@revtr/controller';
import { createRandom, systemClock } from '@revtr/probing';
import { accountOf, SYSTEM_KEY, startEmulator } from '@revtr/ripe-atlas-emulator';
import { simParameters } from '@revtr/sim';
import { Atlases, AtlasRuns, openDatabase } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ripeAtlasSettings } from '../src/world/ripe-atlas-settings.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const log = pino({ level: 'fatal' });

describe('an atlas that is used', () => {
  it('is measured again where it is used, before it is too old, within the credits of a day', async () => {
    const world = new SimulatedWorld({
      parameters: simParameters('small', 4, { atlasProbeNetworks: 0.9 }),
      sources: 1,
      atlas: 'none',
    });
    const { clock } = world.internet;
    const account = accountOf('system@revtr.example', 1_000_000);
    const emulator = await startEmulator(world, { keys: { [SYSTEM_KEY]: account } });
    const database = await openDatabase({ kind: 'memory' });
    const [source] = world.sources.map(({ address }) => address);
    const network = await clock.drive(world.prepare());
    const runs = new AtlasRuns(database.db);
    const common = { clock: systemClock, runs, origins: () => [], random: createRandom(1), log };
    const service = new AtlasService({
      ...common,
      engineParts: network,
      records: new Atlases(database.db),
      ripe: new RipeAtlasAccess(ripeAtlasSettings(emulator), { clock, random: createRandom(1), fetch }),
      importedProbes: () => [],
    });
    await service.restore([source]);
    const first = await clock.drive(service.collect(source, never));
    expect(first).toMatchObject({ state: 'done', payer: 'system' });
    const refresher = (creditsPerDay: number): Refresher =>
      new Refresher(
        { pollMs: HOUR_MS, forgetMs: 7 * 24 * HOUR_MS, forgetEvidenceMs: 7 * 24 * HOUR_MS, creditsPerDay },
        { ...common, service, atlas: network.atlas, atlasClock: clock, sources: () => [source] },
      );
    const refreshed = async (creditsPerDay: number) => {
      const before = (await service.runsOf(source)).length;
      await clock.drive(
        (async () => {
          await refresher(creditsPerDay).refresh();
          await service.idle(source);
        })(),
      );
      const all = await service.runsOf(source);
      return all.slice(0, all.length - before);
    };
    const pass = (hours: number): Promise<void> => clock.drive(clock.sleep(hours * HOUR_MS));

    // Fresh, or not used: nothing is due.
    expect(await refreshed(1_000_000)).toEqual([]);
    await pass(19);
    expect(await refreshed(1_000_000)).toEqual([]);
    const now = clock.now();
    const hops = (network.atlas.of(source)?.hops() ?? []).filter((_, i) => i % 12 === 0);
    for (const address of hops) {
      const found = network.atlas.intersect({ source, address, now, oldest: 0, useRecordRoute: true });
      if (found !== undefined) network.atlas.use(found, now);
    }
    // Without credits the probes cannot be asked; with few, only some.
    expect(await refreshed(0)).toEqual([]);
    const [few] = await refreshed(130);
    expect(few).toMatchObject({ cause: 'refresh', payer: 'system', state: 'done', probes: 2, spentCredits: 120 });
    expect(await refreshed(130)).toEqual([]);
    const [rest] = await refreshed(1_000_000);
    expect(rest.probes).toBeGreaterThan(0);
    expect(rest.probes).toBeLessThan(first.probes / 2);
    expect(await refreshed(1_000_000)).toEqual([]);
    const fresh = hops.map((address) =>
      network.atlas.intersect({ source, address, now, oldest: now - HOUR_MS, useRecordRoute: true }),
    );
    expect(fresh.every((found) => found !== undefined)).toBe(true);
    await service.stop();
    await emulator.stop();
    await database.close();
  });
});
