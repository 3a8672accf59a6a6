import {
  AccuracyMetrics,
  calibrationError,
  type KindEvent,
  KindEvidenceKeeper,
  Metrics,
  rangeOf,
  reportAccuracy,
  SelfAuditor,
} from '@revtr/controller';
import { DeploymentCalibration, defaultPlan, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, createRandom, hash32, type PingResult, type Prober } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { type Database, HopKinds, openDatabase, SelfAudits } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedWorld } from '../src/world/simulated-world.ts';

const DAY_MS = 86_400_000;
/** More than a thousand audits take half a minute, and several times as long on a busy machine. */
const LONG_MS = 600_000;

/** A hop with its confidence, and whether the ground truth of the simulator has it on the path. */
interface Claim {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Answers of spoofed Record Route pings lie: the given share of them names routers that are anywhere. */
class LyingProber implements Prober {
  share = 0;
  readonly #prober: Prober;
  readonly #anyRouter: (number: number) => Ipv4Address;
  #serial = 0;

  constructor(prober: Prober, anyRouter: (number: number) => Ipv4Address) {
    this.#prober = prober;
    this.#anyRouter = anyRouter;
  }

  traceroute: Prober['traceroute'] = (request, signal) => this.#prober.traceroute(request, signal);

  ping: Prober['ping'] = async (request, signal) => {
    const result = await this.#prober.ping(request, signal);
    const draw = hash32(++this.#serial, request.target) / 2 ** 32;
    return request.spoof !== undefined && draw < this.share ? this.#lie(result) : result;
  };

  #lie(result: PingResult): PingResult {
    const { reply, request } = result;
    const turn = reply?.recordRoute?.indexOf(request.target) ?? -1;
    if (reply?.recordRoute === undefined || turn < 0) return result;
    const recordRoute = reply.recordRoute.map((stamp, i) =>
      i <= turn ? stamp : this.#anyRouter(hash32(stamp, this.#serial)),
    );
    return { ...result, reply: { ...reply, recordRoute } };
  }
}

describe('self-audits of a simulated network whose behaviour changes', () => {
  let database: Database;
  let world: SimulatedWorld;
  let prober: LyingProber;
  let auditor: SelfAuditor;
  let audits: SelfAudits;
  let keeper: KindEvidenceKeeper;
  let events: KindEvent[];
  let today: number;
  let done: number;
  beforeEach(async () => {
    database = await openDatabase({ kind: 'memory' });
    world = new SimulatedWorld({ parameters: simParameters('medium', 2), sources: 3 });
    const network = await world.internet.clock.drive(world.prepare());
    const { routers } = world.internet.topology;
    const anyRouter = (number: number): Ipv4Address => routers.loopback[number % routers.count] ?? 0;
    prober = new LyingProber(network.prober, anyRouter);
    const calibration = new DeploymentCalibration();
    const engineParts = { ...network, prober, calibration };
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS }, engineParts);
    today = Date.UTC(2026, 0, 1);
    const clock: Clock = { now: () => today, sleep: () => Promise.resolve() };
    audits = new SelfAudits(database.db);
    keeper = new KindEvidenceKeeper({ kinds: new HopKinds(database.db), calibration, clock });
    events = [];
    done = 0;
    auditor = new SelfAuditor(
      { perDay: 1, pairPauseMs: 0 },
      {
        engine,
        engineParts,
        isUnique: (address) => world.targetPolicy.isReachable(address),
        audits,
        keeper,
        calibration,
        ipToAs: network.ipToAs,
        hosts: () => world.vantagePoints,
        sources: () => world.sources.map(({ address }) => address),
        isBusy: () => false,
        metrics: new AccuracyMetrics(new Metrics(), () => keeper.rows),
        onEvents: async (news) => void events.push(...news),
        clock,
        random: createRandom(1),
        log: pino({ level: 'silent' }),
      },
    );
  });
  afterEach(() => database.close());

  /** Audits pairs until `count` are done, or `until` holds. Returns what the ground truth says about the hops. */
  async function audit(count: number, until: () => boolean = () => false): Promise<Claim[]> {
    const { truth, clock } = world.internet;
    const sources = world.sources.map(({ address }) => address);
    const pairs = createRandom(7).shuffle(
      sources.flatMap((source) => world.vantagePoints.map((host) => ({ host, source }))),
    );
    const claims: Claim[] = [];
    for (let i = 0; i < count && !until(); i++) {
      const pair = pairs[done++ % pairs.length];
      if (pair === undefined || pair.host >>> 8 === pair.source >>> 8) continue;
      const finding = await clock.drive(auditor.audit(pair));
      if (finding.outcome !== 'judged') continue;
      const possible = truth.possibleRouters(pair.host, pair.source, clock.now());
      for (const { address, confidence, verdict } of finding.judgement.hops) {
        const router = truth.routerOf(address);
        if (router >= 0 && verdict !== 'unjudged') claims.push({ confidence, isRight: possible.has(router) });
      }
    }
    return claims;
  }

  const errorOf = (claims: readonly Claim[]): number => {
    const ranges = new Map<number, { judged: number; right: number; confidence: number }>();
    for (const { confidence, isRight } of claims) {
      const range = ranges.get(rangeOf(confidence)) ?? { judged: 0, right: 0, confidence: 0 };
      ranges.set(rangeOf(confidence), range);
      range.judged++;
      range.right += isRight ? 1 : 0;
      range.confidence += confidence;
    }
    return calibrationError([...ranges.values()]);
  };
  const isSuspended = (kind: string): boolean =>
    keeper.rows.some((row) => row.kind === kind && row.suspended_at !== null);

  it('suspend a technique that was broken on purpose within 500 pairs, and release it when it is repaired', {
    timeout: LONG_MS,
  }, async () => {
    await audit(150);
    expect(events).toEqual([]);
    prober.share = 0.5;
    await audit(500, () => isSuspended('spoofedRecordRoute.stamp'));
    expect(isSuspended('spoofedRecordRoute.stamp')).toBe(true);
    expect(events.map(({ type, kind }) => `${type} ${kind}`)).toEqual([
      'degraded spoofedRecordRoute.stamp',
      'suspended spoofedRecordRoute.stamp',
    ]);
    prober.share = 0;
    await audit(500, () => !isSuspended('spoofedRecordRoute.stamp'));
    expect(events.at(-1)).toMatchObject({ type: 'released', kind: 'spoofedRecordRoute.stamp' });
  });

  it('correct a confidence that is ten points too high: then it differs from the truth by at most two', {
    timeout: LONG_MS,
  }, async () => {
    prober.share = 0.1;
    const shipped = await audit(60);
    expect(errorOf(shipped)).toBeGreaterThan(0.04);
    await audit(440);
    today += DAY_MS;
    const corrected = await audit(500);
    const report = await reportAccuracy({ from: today, to: today }, { audits, keeper });
    process.stdout.write(
      `calibration error: ${errorOf(shipped).toFixed(3)} at first, ${errorOf(corrected).toFixed(3)} after 500 audits, reported ${report.calibrationError.toFixed(3)}\n`,
    );
    expect(errorOf(corrected)).toBeLessThan(0.02);
    expect(report.calibrationError).toBeLessThan(0.02);
    expect(report.audits.judged).toBeGreaterThan(400);
  });
});
