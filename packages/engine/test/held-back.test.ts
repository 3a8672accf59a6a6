import { parsePrefix } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError, type TracerouteResult } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  collectTails,
  DistanceRanking,
  defaultPlan,
  IngressRanking,
  NO_RELATIONS,
  PrefixOrigins,
  ReverseTracerouteEngine,
} from '../src/index.ts';
import { SpoofedRecordRoute } from '../src/techniques/spoofed-record-route.ts';
import { DESTINATION, ip, measurementWith, SOURCE, stillClock } from './support/measurement.ts';

const [FIRST, SECOND] = [ip(2), ip(3)];
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);
const aliases = new AliasSets();
const RETRY_AT = 86_400_000;

const exhausted = (): ProbingError<'budgetExhausted'> =>
  new ProbingError('budgetExhausted', 'the budget is exhausted', {
    kind: 'destination',
    subject: '5.0.0.10',
    packets: 'withOptions',
    per: 'day',
    limit: 300,
    retryAt: RETRY_AT,
  });

/** Nobody answers; probes that `isHeldBack` names are not sent. */
class SilentNetwork implements Prober {
  readonly sent: PingRequest[] = [];
  readonly #isHeldBack: (request: PingRequest) => boolean;

  constructor(isHeldBack: (request: PingRequest) => boolean) {
    this.#isHeldBack = isHeldBack;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    if (this.#isHeldBack(request)) throw exhausted();
    this.sent.push(request);
    return { type: 'ping', request, sentAt: 0 };
  }

  traceroute(): Promise<TracerouteResult> {
    return Promise.reject(exhausted());
  }
}

const spoofed = () =>
  new SpoofedRecordRoute({
    rounds: { sizes: [2] },
    maxSpoofers: 2,
    failuresPerIngress: 9,
    prefersIdleSpoofers: false,
    learnsSilences: true,
    confirmsContradictions: false,
    pingsTargets: false,
    targetsPerSegment: 1,
    useHeuristics: false,
    deadline: () => 1_000,
    timeoutMs: 1_000,
  });
const ranking = () => new IngressRanking({ vantagePoints: [FIRST, SECOND] }, { ipToAs, clock: stillClock });

describe('probes that are held back', () => {
  it('are no silence of the target, whether all of a round are held back or some', async () => {
    for (const isHeldBack of [() => true, ({ sender }: PingRequest) => sender === FIRST]) {
      const measurement = measurementWith(new SilentNetwork(isHeldBack), { ranking: ranking(), ipToAs });
      const extension = await spoofed().extend(measurement);
      expect(extension.outcome).toBe('nothingFound');
      expect(measurement.silentTargets.isSilent(DESTINATION, SOURCE, stillClock.now())).toBe(false);
    }
  });

  it('are no silence between a vantage point and a target that answers others', async () => {
    const learned = ranking();
    for (let i = 0; i < 3; i++) {
      const prober: Prober = {
        ping: async (request) => {
          if (request.sender === FIRST) throw exhausted();
          const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 9, ttl: 60, recordRoute: [ip(100)] };
          return { type: 'ping', request, sentAt: 0, reply };
        },
        traceroute: () => Promise.reject(exhausted()),
      };
      await spoofed().extend(measurementWith(prober, { ranking: learned, ipToAs }));
    }
    expect(learned.rank(DESTINATION).map(({ address }) => address)).toContain(FIRST);
  });

  it('leave the reason with the technique whose probes all were held back', async () => {
    const measurement = measurementWith(new SilentNetwork(() => true), { ranking: ranking(), ipToAs });
    expect(await spoofed().extend(measurement)).toMatchObject({
      outcome: 'nothingFound',
      failReason: { code: 'budgetExhausted', hop: DESTINATION, details: { limit: 300, retryAt: RETRY_AT } },
    });
  });

  it('are no ping of an atlas hop: it is asked again the next time', async () => {
    const atlas = new Atlas({ aliases, ipToAs });
    const hops = [ip(20), ip(21), SOURCE];
    atlas.add({ source: SOURCE, origin: ip(30), platform: 'vantagePoint', at: 0, hops });
    const prober = new SilentNetwork(() => true);
    const collaborators = {
      prober,
      clock: stillClock,
      atlas,
      ranking: ranking(),
      facts: { aliases, ipToAs, useHeuristics: false },
      mayProbe: () => true,
    };
    const options = { source: SOURCE, spoofersPerHop: 1, concurrency: 1, timeoutMs: 1_000 };
    await collectTails(options, 1, collaborators);
    expect(atlas.of(SOURCE)?.hops()).toContain(ip(21));
    expect(atlas.of(SOURCE)?.pingedAt(ip(21))).toBe(0);
  });
});

describe('a measurement', () => {
  const measure = async (isHeldBack: (request: PingRequest) => boolean, forwardTraceroute = false) => {
    const prober = new SilentNetwork(isHeldBack);
    const clock = { now: () => 1_000, sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms / 100)) };
    const engine = new ReverseTracerouteEngine(
      { plan: defaultPlan },
      {
        prober,
        clock,
        atlas: new Atlas({ aliases, ipToAs }),
        ranking: new DistanceRanking({ vantagePoints: [FIRST, SECOND] }, { ipToAs }),
        aliases,
        ipToAs,
        relations: NO_RELATIONS,
        mayProbe: () => true,
      },
    );
    const result = await engine.measure({
      source: SOURCE,
      destination: DESTINATION,
      options: { forwardTraceroute },
    });
    return { result, sent: prober.sent };
  };

  it('that cannot go on because of a budget fails with it, and says when to measure again', async () => {
    const { result, sent } = await measure(() => true);
    expect(sent).toEqual([]);
    expect(result).toMatchObject({
      stopReason: 'failed',
      failReason: { code: 'budgetExhausted', details: { kind: 'destination', retryAt: RETRY_AT } },
    });
  });

  it('names the budget also when a later technique fails for another reason', async () => {
    const { result, sent } = await measure(({ option }) => option !== undefined);
    expect(sent.length).toBeGreaterThan(0);
    expect(result.failReason?.code).toBe('budgetExhausted');
  });

  it('does without the forward traceroute that is held back, and says so', async () => {
    const { result } = await measure(() => true, true);
    expect(result.forward).toBeUndefined();
    expect(result.attempts.at(-1)).toMatchObject({
      technique: 'forwardTraceroute',
      detail: 'the budget is exhausted',
    });
  });
});
