import { ICMP, type Ipv4Address } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { type Hop, SharedPings } from '../src/index.ts';
import { StartedTails } from '../src/techniques/forward-path/started-tails.ts';
import { DirectRecordRoute } from '../src/techniques/record-route.ts';
import { DESTINATION, ip, measurementWith, SOURCE } from './support/measurement.ts';

/** Routers 5.0.0.11 to 5.0.0.16 lead from the source to the destination, whose TTL is 7. */
const routerAt = (ttl: number): Ipv4Address => (ttl >= 7 ? DESTINATION : ip(10 + ttl));

/** Answers plain and TTL-limited pings as the routers would. */
class Line implements Prober {
  readonly asked: PingRequest[] = [];

  async ping(request: PingRequest): Promise<PingResult> {
    this.asked.push(request);
    const result = { type: 'ping', request, sentAt: 0 } as const;
    if (request.option !== undefined) return result;
    const { ttl = 64, target } = request;
    const from = ttl < 64 && target === DESTINATION ? routerAt(ttl) : target;
    const icmpType = from === target ? ICMP.echoReply : ICMP.timeExceeded;
    return { ...result, reply: { from, icmpType, icmpCode: 0, rttMs: 20, ttl: 58 } };
  }

  traceroute(): Promise<never> {
    return Promise.reject(new Error('none is needed'));
  }
}

const assumed = (address: Ipv4Address): Hop => ({
  address,
  technique: 'assumedIntradomain',
  trust: 'assumed',
  confidence: 0.9,
  evidence: { type: 'symmetry', target: DESTINATION, adjacent: true, isGateway: false, at: 0 },
});

describe('the end of a forward path that is measured ahead', () => {
  it('is measured once, and counted when it is sent', async () => {
    const line = new Line();
    const measurement = measurementWith(new SharedPings(line));
    const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
    tails.start(measurement, DESTINATION);
    const { hops } = await tails.of(measurement, DESTINATION);
    expect(hops.map(({ from }) => from).slice(-3)).toEqual([ip(15), ip(16), DESTINATION]);
    const sent = line.asked.filter(({ ttl }) => ttl !== undefined).length;
    await tails.of(measurement, DESTINATION);
    expect(line.asked.filter(({ ttl }) => ttl !== undefined)).toHaveLength(sent);
    expect(measurement.stats).toMatchObject({ traceroutes: 1, tracerouteProbes: sent });
  });

  it('is not measured for a router that an earlier one shows with the router before it', async () => {
    const line = new Line();
    const measurement = measurementWith(new SharedPings(line));
    const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
    await tails.of(measurement, DESTINATION);
    measurement.path.extend(0, [assumed(ip(16))]);
    tails.start(measurement, ip(16));
    expect(line.asked.filter(({ target }) => target === ip(16))).toEqual([]);
  });

  it('is asked for once more when no router towards a silent target answers, and not when one does', async () => {
    /** Towards the destination, which is silent, the routers answer all probes but those in front of number `from` and those behind TTL 3. */
    const towardsSilence = async (from: number) => {
      const asked: (number | undefined)[] = [];
      const prober = new Line();
      const ping = async (request: PingRequest): Promise<PingResult> => {
        const { ttl } = request;
        if (ttl === undefined) return { type: 'ping', request, sentAt: 0 };
        asked.push(ttl);
        return asked.length < from || ttl > 3 ? { type: 'ping', request, sentAt: 0 } : prober.ping(request);
      };
      const lossy: Prober = { ping, traceroute: () => prober.traceroute() };
      const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
      const { hops } = await tails.of(measurementWith(new SharedPings(lossy)), DESTINATION);
      return { asked, found: hops.map(({ from: router }) => router).slice(0, 4) };
    };
    const window = [1, 2, 3, 4, 5, 6];
    const found = [ip(11), ip(12), ip(13), undefined];
    expect(await towardsSilence(7)).toEqual({ asked: [...window, ...window], found });
    expect(await towardsSilence(1)).toEqual({ asked: window, found });
    const nothing = [undefined, undefined, undefined, undefined];
    expect(await towardsSilence(100)).toEqual({ asked: [...window, ...window], found: nothing });
  });

  it('looks for routers nearer to the source when the target is nearer than its reply says, and too slow', async () => {
    const line = new Line();
    const ping = async (request: PingRequest): Promise<PingResult> => {
      const { ttl } = request;
      const result = await line.ping(request);
      // Its reply has crossed 15 links.
      if (ttl === undefined) return { ...result, ...(result.reply && { reply: { ...result.reply, ttl: 50 } }) };
      return ttl >= 7 ? { type: 'ping', request, sentAt: 0 } : result;
    };
    const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
    const slow: Prober = { ping, traceroute: () => line.traceroute() };
    const { hops, stop } = await tails.of(measurementWith(new SharedPings(slow)), DESTINATION);
    expect(stop).toBe('gapLimit');
    expect(hops.findLast(({ from }) => from !== undefined)).toMatchObject({ ttl: 6, from: ip(16) });
  });

  it('is unknown while a rule forbids one of its probes: the routers are not silent', async () => {
    for (const refusedFrom of [1, 5]) {
      const line = new Line();
      const ping = (request: PingRequest): Promise<PingResult> =>
        (request.ttl ?? 0) >= refusedFrom
          ? Promise.reject(new ProbingError('auditUnavailable', 'the disk is full'))
          : line.ping(request);
      const full: Prober = { ping, traceroute: () => line.traceroute() };
      const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
      const tail = tails.of(measurementWith(new SharedPings(full)), DESTINATION);
      await expect(tail).rejects.toMatchObject({ code: 'auditUnavailable' });
    }
  });

  it('ends with the measurement', async () => {
    const over = new AbortController();
    over.abort('over');
    const measurement = { ...measurementWith(new SharedPings(new Line())), endSignal: over.signal };
    const tails = new StartedTails('assumedSymmetry', { timeoutMs: 1_000 });
    tails.start(measurement, DESTINATION);
    await expect(tails.of(measurement, DESTINATION)).rejects.toThrow();
    expect(measurement.stats.tracerouteProbes).toBeLessThan(10);
  });
});

describe('a Record Route ping of the source behind a silent hop', () => {
  const OPTIONS = {
    useHeuristics: true,
    timeoutMs: 1_000,
    isAdaptive: true,
    pingsDestination: false,
    overlapsLikelySilence: true,
    skipOutOfReach: false,
  };

  it('is not waited for, and its answer counts when it comes', async () => {
    let answer: () => void = () => undefined;
    const slow: Prober = {
      ping: (request) =>
        new Promise((resolve) => {
          answer = () =>
            resolve({
              type: 'ping',
              request,
              sentAt: 0,
              reply: {
                from: request.target,
                icmpType: 0,
                icmpCode: 0,
                rttMs: 900,
                ttl: 60,
                recordRoute: [ip(50), ip(16), ip(51), SOURCE],
              },
            });
        }),
      traceroute: () => Promise.reject(new Error('none is needed')),
    };
    let now = 1_000;
    const clock = {
      now: () => now,
      sleep: (ms: number) => (ms === 0 ? Promise.resolve() : new Promise<void>(() => {})),
    };
    const measurement = measurementWith(new SharedPings(slow), { clock });
    measurement.path.extend(0, [assumed(ip(16))]);
    measurement.targetAnswers.noteUnanswered(DESTINATION, SOURCE);
    expect(await new DirectRecordRoute(OPTIONS).extend(measurement)).toMatchObject({ outcome: 'nothingFound' });
    expect(measurement.targetAnswers.silentSendersOf(ip(16))).toBe(1);
    now += 900;
    const late = measurement.targetAnswers.nextUsefulAnswer(ip(16));
    answer();
    await late;
    expect(measurement.targetAnswers.lateAnswersOf(ip(16))).toHaveLength(1);
  });
});
