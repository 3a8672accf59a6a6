import { AliasSets, Atlas, DistanceRanking, NO_RELATIONS, PrefixOrigins } from '@revtr/engine';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { createRandom, type Prober, type TracerouteRequest, type TracerouteResult } from '@revtr/probing';
import { Atlases, AtlasRuns } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AtlasService } from '../src/atlas/atlas-service.ts';
import { Refresher } from '../src/atlas/refresher.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const HOUR_MS = 3_600_000;
const POLL_MS = HOUR_MS;
const SOURCE = parseIpv4('5.0.0.1');
const ROUTER = parseIpv4('6.0.0.1');
const [NEAR, FAR] = ['7.0.0.1', '7.0.0.2'].map(parseIpv4);
const log = pino({ level: 'silent' });

describe('Refresher', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let atlas: Atlas;
  let traced: Ipv4Address[];
  let origins: readonly Ipv4Address[];
  let service: AtlasService;
  let refresher: Refresher;
  beforeEach(() => {
    clock = new ManualClock();
    traced = [];
    origins = [NEAR, FAR];
    const [aliases, ipToAs] = [new AliasSets(), new PrefixOrigins([])];
    atlas = new Atlas({ aliases, ipToAs });
    /** Every traceroute arrives over one router; nothing answers pings. */
    const prober: Prober = {
      ping: async (request) => ({ type: 'ping', request, sentAt: clock.now() }),
      traceroute: async (request: TracerouteRequest): Promise<TracerouteResult> => {
        traced.push(request.sender);
        const hops = [ROUTER, request.target].map((from, i) => ({ ttl: i + 1, from, rttMs: 1 }));
        const at = clock.now();
        return { type: 'traceroute', request, startedAt: at, endedAt: at, stop: 'completed', hops, probesSent: 2 };
      },
    };
    const ranking = new DistanceRanking({ vantagePoints: [] }, { ipToAs });
    const engineParts = {
      prober,
      clock,
      atlas,
      ranking,
      aliases,
      ipToAs,
      relations: NO_RELATIONS,
      mayProbe: () => true,
    };
    const runs = new AtlasRuns(database().db);
    service = new AtlasService({
      engineParts,
      clock,
      records: new Atlases(database().db),
      runs,
      origins: () => origins,
      ripe: undefined,
      importedProbes: () => [],
      random: createRandom(1),
      log,
    });
    refresher = new Refresher(
      { pollMs: POLL_MS, forgetMs: 7 * 24 * HOUR_MS, forgetEvidenceMs: 7 * 24 * HOUR_MS, creditsPerDay: 0 },
      { service, atlas, runs, clock, atlasClock: clock, sources: () => [SOURCE], origins: () => origins, log },
    );
    for (const origin of [NEAR, FAR])
      atlas.add({ platform: 'vantagePoint', origin, source: SOURCE, at: clock.now(), hops: [origin, ROUTER, SOURCE] });
  });
  afterEach(async () => {
    await refresher.stop();
    await service.stop();
  });
  /** Lets time pass, and the database answer, poll by poll. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (const end = clock.now() + milliseconds; clock.now() < end; ) {
      await vi.waitFor(() => expect(clock.sleeping).toBeGreaterThan(0), { interval: 2, timeout: 30_000 });
      await clock.advance(POLL_MS);
    }
  };
  /** A reverse traceroute meets the atlas at an address. */
  const meet = (address: Ipv4Address): void => {
    const query = { source: SOURCE, address, now: clock.now(), oldest: 0, useRecordRoute: true };
    const met = atlas.intersect(query);
    if (met === undefined) throw new Error('the address is not in the atlas');
    atlas.use(met, clock.now());
  };

  it('measures again what is used before it is too old, and nothing else', async () => {
    refresher.start();
    meet(FAR);
    await pass(17 * HOUR_MS);
    expect(traced).toEqual([]);
    await pass(2 * HOUR_MS);
    await vi.waitFor(() => expect(traced).toEqual([FAR]), { interval: 2, timeout: 30_000 });
    const ages = new Map(atlas.traceroutesTo(SOURCE).map(({ origin, at }) => [origin, clock.now() - at]));
    expect(ages.get(NEAR)).toBe(19 * HOUR_MS);
    expect(ages.get(FAR)).toBeLessThan(2 * HOUR_MS);
  });

  it('leaves out vantage points that are not there', async () => {
    meet(FAR);
    origins = [NEAR];
    await clock.advance(20 * HOUR_MS);
    await refresher.refresh();
    await service.idle(SOURCE);
    expect(traced).toEqual([]);
  });

  it('forgets paths and pings that are very old, also those of sources that are not there any more', async () => {
    const withdrawn = parseIpv4('5.0.0.2');
    const old = { platform: 'vantagePoint', origin: NEAR, at: clock.now(), hops: [NEAR, ROUTER, withdrawn] } as const;
    atlas.add({ ...old, source: withdrawn });
    for (const source of [SOURCE, withdrawn])
      atlas.addTails(source, [{ target: ROUTER, sender: source, at: clock.now(), stamps: [] }]);
    atlas.evidence.add(NEAR, FAR, 'linkEnd', clock.now());
    const tailsOf = (source: Ipv4Address) => [...(atlas.of(source)?.tails() ?? [])];
    await clock.advance(7 * 24 * HOUR_MS);
    await refresher.refresh();
    expect(atlas.traceroutesTo(SOURCE)).toHaveLength(2);
    expect([tailsOf(SOURCE), tailsOf(withdrawn), atlas.evidence.list()].flat()).toHaveLength(3);
    await clock.advance(1);
    await refresher.refresh();
    expect([...atlas.sources(), ...atlas.evidence.list()]).toEqual([]);
  });

  it('looks for what is due at each poll until it is stopped', async () => {
    refresher.start();
    await refresher.stop();
    meet(FAR);
    await clock.advance(20 * HOUR_MS);
    expect([traced, clock.sleeping]).toEqual([[], 0]);
  });
});
