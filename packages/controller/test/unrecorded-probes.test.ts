import {
  AliasSets,
  Atlas,
  DeploymentCalibration,
  DistanceRanking,
  defaultPlan,
  NO_RELATIONS,
  PrefixOrigins,
  ReverseTracerouteEngine,
} from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { cancelled, createRandom, type Prober } from '@revtr/probing';
import { Atlases, AtlasRuns, AuditBlocks, HopKinds, SelfAudits } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { AtlasService } from '../src/atlas/atlas-service.ts';
import { AuditGuard } from '../src/audit/audit-guard.ts';
import { AuditLog } from '../src/audit/audit-log.ts';
import { RecordedWork } from '../src/audit/recorded-work.ts';
import { Metrics } from '../src/foundation/metrics.ts';
import { GuardedProber, type GuardedRequest } from '../src/safety/guarded-prober.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';
import { AccuracyMetrics } from '../src/self-audit/accuracy-metrics.ts';
import { KindEvidenceKeeper } from '../src/self-audit/kind-evidence-keeper.ts';
import { SelfAuditor } from '../src/self-audit/self-auditor.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { MemoryJournal } from './memory-journal.ts';
import { useDatabase } from './test-database.ts';

const [SOURCE, ROUTER, DESTINATION] = ['5.0.0.1', '5.0.1.1', '9.0.0.1'].map(parseIpv4);
const ORIGINS = ['7.0.0.1', '7.0.0.2', '7.0.0.3'].map(parseIpv4);
const log = pino({ level: 'silent' });

describe('while probes cannot be recorded', () => {
  const database = useDatabase();

  /** A network in which traceroutes arrive over one router and pings are answered, behind an audit whose disk can become full. */
  const open = ({ holdMs }: { readonly holdMs?: (sender: Ipv4Address) => number } = {}) => {
    const clock = new ManualClock();
    const journal = new MemoryJournal();
    const blocks = new AuditBlocks(database().db);
    const audit = new AuditLog({ flushMs: 1_000, keepMs: 86_400_000 }, { blocks, journal, clock, log });
    const sent: string[] = [];
    const wire: Prober = {
      ping: async (request) => {
        sent.push(`ping ${formatIpv4(request.target)}`);
        const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60 };
        return { type: 'ping', request, sentAt: clock.now(), reply };
      },
      traceroute: async (request) => {
        sent.push(`traceroute from ${formatIpv4(request.sender)}`);
        const hops = [ROUTER, request.target].map((from, i) => ({ ttl: i + 1, from, rttMs: 1 }));
        const at = clock.now();
        return { type: 'traceroute', request, startedAt: at, endedAt: at, stop: 'completed', hops, probesSent: 2 };
      },
    };
    const guards = [
      { reserve: ({ sender }: GuardedRequest) => holdMs?.(sender) ?? 0 },
      new AuditGuard({ audit, clock }),
    ];
    const [aliases, ipToAs] = [new AliasSets(), new PrefixOrigins([])];
    const engineParts = {
      prober: new GuardedProber({ prober: wire, guards, clock, randomBytes: pooledRandomBytes }),
      ...{ clock, aliases, ipToAs, relations: NO_RELATIONS, mayProbe: () => true },
      atlas: new Atlas({ aliases, ipToAs }),
      ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
    };
    return { clock, journal, audit, sent, wire, engineParts };
  };

  const serviceOf = ({ engineParts, clock, audit }: Pick<ReturnType<typeof open>, 'engineParts' | 'clock' | 'audit'>) =>
    new AtlasService({
      ...{ engineParts, clock, runs: new AtlasRuns(database().db), log, ripe: undefined, random: createRandom(1) },
      records: new Atlases(database().db),
      origins: () => ORIGINS,
      importedProbes: () => [],
      recorded: new RecordedWork(audit),
    });

  it('an atlas run waits, and goes on afterwards', async () => {
    const holdMs = (sender: Ipv4Address): number => (sender === ORIGINS[0] ? 0 : 1_000);
    const { clock, journal, audit, sent, wire, engineParts } = open({ holdMs });
    const service = serviceOf({ engineParts, clock, audit });
    audit.start();
    const { traceroute } = wire;
    wire.traceroute = (...asked) => {
      journal.isFull = true;
      return traceroute(...asked);
    };
    const ended = service.collect(SOURCE, new AbortController().signal);
    await expect.poll(() => sent.length).toBe(1);
    await clock.advance(1_000);
    await expect.poll(() => audit.canRecord).toBe(false);
    expect(sent).toEqual(['traceroute from 7.0.0.1']);
    await clock.advance(10_000);
    expect(await service.runsOf(SOURCE)).toMatchObject([{ state: 'running' }]);
    wire.traceroute = traceroute;
    journal.isFull = false;
    const soon = async () => {
      await clock.advance(1_000);
      return (await service.runsOf(SOURCE)).map(({ state }) => state);
    };
    await expect.poll(soon).toEqual(['done']);
    expect(await ended).toMatchObject({ report: { traceroutes: 3, arrived: 3 } });
    expect(service.size(SOURCE)).toBe(3);
    // The first one had arrived.
    const traceroutes = sent.filter((what) => what.startsWith('traceroute'));
    expect(traceroutes).toEqual(ORIGINS.map((origin) => `traceroute from ${formatIpv4(origin)}`));
    await service.stop();
    await audit.stop();
  });

  it.each([
    { how: 'cancelled', end: (service: AtlasService) => service.cancel(SOURCE), state: 'cancelled' },
    { how: 'taken over by another process', end: (service: AtlasService) => service.unload(SOURCE, false) },
    { how: 'stopped', end: (service: AtlasService) => service.stop() },
  ])('an atlas run that waits can be $how', async ({ end, state = 'running' }) => {
    const { clock, journal, audit, engineParts } = open();
    const service = serviceOf({ engineParts, clock, audit });
    journal.isFull = true;
    const ended = service.collect(SOURCE, new AbortController().signal);
    await expect.poll(() => audit.canRecord).toBe(false);
    await settle();
    await end(service);
    await ended;
    expect(await service.runsOf(SOURCE)).toMatchObject([{ state, phase: 'traceroutes' }]);
    await service.stop();
    await audit.stop();
  });

  it('an atlas run that waits is left as its next owner has stored it by an engine that has lost the source', async () => {
    const { clock, journal, audit, engineParts } = open();
    const service = serviceOf({ engineParts, clock, audit });
    journal.isFull = true;
    const ended = service.collect(SOURCE, new AbortController().signal);
    await expect.poll(() => audit.canRecord).toBe(false);
    await settle();
    const next = new AtlasRuns(database().db);
    const [{ id, details }] = await next.open();
    await next.change(id, { details: JSON.stringify({ ...Object(details), notes: ['of the next owner'] }) });
    await service.unload(SOURCE, true);
    await ended;
    expect(await service.runsOf(SOURCE)).toMatchObject([{ state: 'running', notes: ['of the next owner'] }]);
    await service.stop();
    await audit.stop();
  });

  it.each([
    { what: 'its forward traceroute', options: { forwardTraceroute: true } },
    { what: 'its only round-trip time', options: { measureRtts: true } },
  ])('a measurement does not end without $what', async ({ options }) => {
    const { journal, audit, sent, engineParts } = open();
    const hops = [DESTINATION, SOURCE];
    engineParts.atlas.add({ platform: 'vantagePoint', origin: DESTINATION, source: SOURCE, at: Date.now(), hops });
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, engineParts);
    const over = new AbortController();
    audit.onChange((canRecord) => !canRecord && over.abort());
    journal.isFull = true;
    const request = { source: SOURCE, destination: DESTINATION, options };
    const { stopReason, hops: path } = await engine.measure(request, { signal: over.signal });
    expect(path.map(({ address }) => address)).toEqual(hops);
    expect(sent).toEqual([]);
    expect(stopReason).toBe('cancelled');
  });

  describe('a self-audit', () => {
    const pair = { host: ORIGINS[0], source: SOURCE };
    const openAuditor = () => {
      const opened = open();
      const { clock, audit, engineParts } = opened;
      const calibration = new DeploymentCalibration();
      const keeper = new KindEvidenceKeeper({ kinds: new HopKinds(database().db), calibration, clock });
      const audits = new SelfAudits(database().db);
      const auditor = new SelfAuditor(
        { perDay: 1, pairPauseMs: 0 },
        {
          ...{ audits, engineParts, keeper, calibration, clock, log, random: createRandom(1), isBusy: () => false },
          engine: new ReverseTracerouteEngine({ plan: defaultPlan }, engineParts),
          hosts: () => [],
          sources: () => [],
          recorded: new RecordedWork(audit),
          metrics: new AccuracyMetrics(new Metrics(), () => keeper.rows),
          onEvents: async () => undefined,
        },
      );
      const latest = async () => (await audits.list(1))[0];
      return { ...opened, auditor, latest };
    };

    it('ends as interrupted, and is not repeated', async () => {
      const { clock, journal, audit, sent, wire, auditor, latest } = openAuditor();
      audit.start();
      const { traceroute } = wire;
      wire.traceroute = (...asked) => {
        journal.isFull = true;
        return traceroute(...asked);
      };
      const interrupted = { outcome: 'interrupted', detail: 'its probes could not be recorded' };
      expect(await auditor.audit(pair)).toBeUndefined();
      expect(await latest()).toMatchObject({ ...interrupted, ended_at: new Date(clock.now()) });
      expect(sent).toEqual(['traceroute from 7.0.0.1']);
      // It does not begin.
      await clock.advance(500);
      expect(await auditor.audit(pair)).toBeUndefined();
      expect(await latest()).toMatchObject({ ...interrupted, ended_at: new Date(clock.now()) });
      wire.traceroute = traceroute;
      journal.isFull = false;
      const soon = async (): Promise<boolean> => {
        await clock.advance(1_000);
        return audit.canRecord;
      };
      await expect.poll(soon).toBe(true);
      await settle();
      expect(sent).toEqual(['traceroute from 7.0.0.1']);
      expect(await auditor.audit(pair)).toBeDefined();
      await audit.stop();
    });

    it.each([
      { what: 'the controller stops', isStop: true, detail: 'the controller stopped' },
      { what: 'it fails unexpectedly', isStop: false, detail: expect.stringContaining('failed unexpectedly') },
    ])('says that $what', async ({ isStop, detail }) => {
      const { audit, wire, auditor, latest } = openAuditor();
      const over = new AbortController();
      wire.traceroute = async () => {
        if (!isStop) throw new Error('a defect');
        over.abort();
        throw cancelled();
      };
      await expect(auditor.audit(pair, over.signal)).rejects.toThrow();
      expect(await latest()).toMatchObject({ outcome: 'interrupted', detail });
      await audit.stop();
    });
  });
});
