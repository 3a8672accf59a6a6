import {
  AccuracyMetrics,
  addOutcomes,
  auditPair,
  calibrationError,
  type KindEvent,
  KindEvidenceKeeper,
  Metrics,
  rangeOf,
  SelfAuditor,
  statesOf,
} from '@revtr/controller';
import {
  DeploymentCalibration,
  defaultPlan,
  type EngineCollaborators,
  ReverseTracerouteEngine,
  SIMULATED_ASSUMPTIONS,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { createRandom, hash32, type PingResult, type Prober, systemClock } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { type HopKindRow, HopKinds, openDatabase, SelfAudits } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { SimulatedWorld } from '../src/world/simulated-world.ts';

/** More than a thousand audits take half a minute, and several times as long on a busy machine. */
const LONG_MS = 600_000;

/** A hop with its confidence, and whether the ground truth of the simulator has it on the path. */
interface Claim {
  readonly confidence: number;
  readonly isRight: boolean;
  /** Whether the audit could judge it. */
  readonly isJudged: boolean;
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

interface Pair {
  readonly host: Ipv4Address;
  readonly source: Ipv4Address;
}

describe('self-audits of a simulated network whose behaviour changes', () => {
  let world: SimulatedWorld;
  let prober: LyingProber;
  let calibration: DeploymentCalibration;
  let collaborators: Parameters<typeof auditPair>[2] & { readonly engineParts: EngineCollaborators };
  let pairs: readonly Pair[];
  beforeEach(async () => {
    world = new SimulatedWorld({ parameters: simParameters('medium', 2), sources: 8 });
    const network = await world.internet.clock.drive(world.prepare());
    const { routers } = world.internet.topology;
    prober = new LyingProber(network.prober, (number) => routers.loopback[number % routers.count] ?? 0);
    calibration = new DeploymentCalibration();
    const engineParts = { ...network, prober, calibration };
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS }, engineParts);
    collaborators = { engine, engineParts };
    const sources = world.sources.map(({ address }) => address);
    pairs = createRandom(7).shuffle(
      sources.flatMap((source) =>
        world.vantagePoints.filter((host) => host >>> 8 !== source >>> 8).map((host) => ({ host, source })),
      ),
    );
  });

  it('suspend a technique that was broken on purpose within 500 pairs, and release it when it is repaired', {
    timeout: LONG_MS,
  }, async () => {
    const database = await openDatabase({ kind: 'memory' });
    const keeper = new KindEvidenceKeeper({ kinds: new HopKinds(database.db), calibration, clock: systemClock });
    const events: KindEvent[] = [];
    const sources = world.sources.map(({ address }) => address);
    const auditor = new SelfAuditor(
      { perDay: 1, pairPauseMs: 0 },
      {
        ...collaborators,
        audits: new SelfAudits(database.db),
        keeper,
        calibration,
        hosts: () => world.vantagePoints,
        sources: () => sources,
        isBusy: () => false,
        recorded: { runOnce: (work, signal) => work(signal) },
        metrics: new AccuracyMetrics(new Metrics(), () => keeper.rows),
        onEvents: async (news) => void events.push(...news),
        clock: systemClock,
        random: createRandom(1),
        log: pino({ level: 'silent' }),
      },
    );
    let done = 0;
    const audit = async (count: number, until: () => boolean = () => false): Promise<void> => {
      for (let i = 0; i < count && !until(); i++) {
        const pair = pairs[done++ % pairs.length];
        if (pair !== undefined) await world.internet.clock.drive(auditor.audit(pair));
      }
    };
    const isSuspended = (): boolean =>
      keeper.rows.some((row) => row.kind === 'spoofedRecordRoute.stamp' && row.suspended_at !== null);
    try {
      await audit(150);
      expect(events).toEqual([]);
      prober.share = 0.5;
      await audit(500, isSuspended);
      const suspendedAfter = done - 150;
      expect(isSuspended()).toBe(true);
      expect(events.map(({ type, kind }) => `${type} ${kind}`)).toEqual([
        'degraded spoofedRecordRoute.stamp',
        'suspended spoofedRecordRoute.stamp',
      ]);
      prober.share = 0;
      const before = done;
      await audit(500, () => !isSuspended());
      process.stdout.write(`suspended after ${suspendedAfter} audits, released after ${done - before}\n`);
      expect(events.at(-1)).toMatchObject({ type: 'released', kind: 'spoofedRecordRoute.stamp' });
    } finally {
      await database.close();
    }
  });

  it('correct a confidence that is ten points too high: then it differs from the truth by less than two', {
    timeout: LONG_MS,
  }, async () => {
    const { clock, truth } = world.internet;
    const rows = new Map<string, HopKindRow>();
    let done = 0;
    /** Audits pairs and learns from them. Returns what the ground truth says about the hops. */
    const audit = async (count: number): Promise<Claim[]> => {
      const claims: Claim[] = [];
      for (let i = 0; i < count; i++) {
        const pair = pairs[done++ % pairs.length];
        if (pair === undefined) continue;
        const finding = await clock.drive(auditPair(pair, { retriesSuspended: false }, collaborators));
        if (finding.outcome !== 'judged') continue;
        const { hops, outcomes } = finding.judgement;
        for (const row of addOutcomes([...rows.values()], outcomes, new Date(clock.now())).rows)
          rows.set(row.kind, row);
        calibration.replace(statesOf([...rows.values()]));
        const possible = truth.possibleRouters(pair.host, pair.source, clock.now());
        for (const { address, confidence, verdict } of hops) {
          const router = truth.routerOf(address);
          if (router < 0) continue;
          claims.push({ confidence, isRight: possible.has(router), isJudged: verdict !== 'unjudged' });
        }
      }
      return claims;
    };
    prober.share = 0.12;
    await audit(500);
    const row = rows.get('spoofedRecordRoute.stamp');
    const shareOf = (sum = 0): number => sum / (row?.long_weight ?? 1);
    const [claimed, right] = [shareOf(row?.long_claimed), shareOf(row?.long_right)];
    const claims = await audit(1_000);
    const corrected = errorOf(claims.filter(({ isJudged }) => isJudged));
    process.stdout.write(
      `claimed ${claimed.toFixed(3)}, right ${right.toFixed(3)}; calibration error ${corrected.toFixed(3)}, of all hops ${errorOf(claims).toFixed(3)}\n`,
    );
    expect(claimed).toBeGreaterThan(0.98);
    expect(claimed - right).toBeGreaterThan(0.09);
    expect(corrected).toBeLessThan(0.02);
  });

  it('agree with the ground truth about the hops that they judge', { timeout: LONG_MS }, async () => {
    const { clock, truth } = world.internet;
    const counts = { judged: 0, different: 0, unjudged: 0 };
    for (const share of [0, 0.1]) {
      prober.share = share;
      for (const pair of pairs) {
        const finding = await clock.drive(auditPair(pair, { retriesSuspended: false }, collaborators));
        if (finding.outcome !== 'judged') continue;
        const possible = truth.possibleRouters(pair.host, pair.source, clock.now());
        for (const { address, verdict } of finding.judgement.hops) {
          if (verdict === 'unjudged') counts.unjudged++;
          else counts.judged++;
          const isRight = possible.has(truth.routerOf(address));
          if (verdict !== 'unjudged' && isRight !== (verdict === 'right')) counts.different++;
        }
      }
    }
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    expect(counts.different / counts.judged).toBeLessThan(0.005);
    expect(counts.unjudged / counts.judged).toBeLessThan(0.1);
  });
});

function errorOf(claims: readonly Claim[]): number {
  const ranges = new Map<number, { judged: number; right: number; confidence: number }>();
  for (const { confidence, isRight } of claims) {
    const range = ranges.get(rangeOf(confidence)) ?? { judged: 0, right: 0, confidence: 0 };
    ranges.set(rangeOf(confidence), range);
    range.judged++;
    range.right += isRight ? 1 : 0;
    range.confidence += confidence;
  }
  return calibrationError([...ranges.values()]);
}
