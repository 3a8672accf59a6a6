import { type Ipv4Address, parsePrefix } from '@revtr/net';
import type { PingRequest, PingResult, Prober, TracerouteRequest, TracerouteResult } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  defaultPlan,
  NO_RELATIONS,
  PrefixOrigins,
  type ReverseTraceroute,
  ReverseTracerouteEngine,
} from '../src/index.ts';
import { JumpingClock } from './support/jumping-clock.ts';
import { ip, SOURCE } from './support/measurement.ts';

const [FIRST, SECOND, ROUTER] = [ip(2), ip(3), ip(50)];
const FAST_MS = 20;
const FAST_TARGETS = Array.from({ length: 30 }, (_, i) => ip(100 + i));
const SLOW = ip(200);
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);

/** A network with one router before the source. Every target answers after its own time. */
class SlowNetwork implements Prober {
  readonly clock = new JumpingClock();
  readonly optionPings: PingRequest[] = [];
  answerMs: (request: PingRequest) => number = () => FAST_MS;

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    const { clock } = this;
    const { target, option, timeoutMs } = request;
    if (option !== undefined) this.optionPings.push(request);
    const sentAt = clock.now();
    const rttMs = this.answerMs(request);
    await clock.sleep(Math.min(rttMs, timeoutMs), signal);
    if (rttMs > timeoutMs || option === undefined) return { type: 'ping', request, sentAt };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs, ttl: 60, recordRoute: [ip(40), target, ROUTER] };
    return { type: 'ping', request, sentAt, reply };
  }

  async traceroute(request: TracerouteRequest): Promise<TracerouteResult> {
    return { type: 'traceroute', request, startedAt: 0, endedAt: 0, stop: 'gapLimit', hops: [], probesSent: 3 };
  }
}

function engineIn(network: SlowNetwork) {
  const { clock } = network;
  const aliases = new AliasSets();
  const engine = new ReverseTracerouteEngine(
    { plan: defaultPlan },
    {
      prober: network,
      clock,
      atlas: new Atlas({ aliases, ipToAs }),
      ranking: defaultPlan.ranking({ vantagePoints: [FIRST, SECOND] }, { ipToAs, clock }),
      aliases,
      ipToAs,
      relations: NO_RELATIONS,
      mayProbe: () => true,
    },
  );
  const options = { useAtlas: false, reuseMaxAgeMs: 0 };
  return (destination: Ipv4Address): Promise<ReverseTraceroute> =>
    clock.drive(engine.measure({ source: SOURCE, destination, options }));
}
const isMeasured = ({ hops }: ReverseTraceroute): boolean =>
  hops.map(({ address }) => address).includes(ROUTER) && hops.every(({ trust }) => trust === 'measured');

describe('answers that come after the adaptive timeout', () => {
  it('are used by the measurement that asked, and teach the timeout, so that the next one asks once', async () => {
    const network = new SlowNetwork();
    const measure = engineIn(network);
    for (const target of FAST_TARGETS) expect(isMeasured(await measure(target))).toBe(true);
    network.answerMs = ({ target }) => (target === SLOW ? 550 : FAST_MS);
    network.optionPings.length = 0;
    expect(isMeasured(await measure(SLOW))).toBe(true);
    expect(network.optionPings.length).toBeGreaterThan(1);
    await network.clock.drive(network.clock.sleep(10_000));
    for (let i = 0; i < 12; i++) await measure(SLOW);
    network.optionPings.length = 0;
    expect(isMeasured(await measure(SLOW))).toBe(true);
    expect(network.optionPings).toHaveLength(1);
  });

  it('are no silence, however late within the listening time: the target is asked again at once', async () => {
    const network = new SlowNetwork();
    const measure = engineIn(network);
    for (const target of FAST_TARGETS) await measure(target);
    network.answerMs = ({ target }) => (target === SLOW ? 2_900 : FAST_MS);
    await measure(SLOW);
    await network.clock.drive(network.clock.sleep(10_000));
    network.optionPings.length = 0;
    await measure(SLOW);
    expect(network.optionPings.some(({ target }) => target === SLOW)).toBe(true);
  });
});

describe('a target without any answer', () => {
  it('is skipped only after the whole listening time, and asked again after a while', async () => {
    const network = new SlowNetwork();
    const measure = engineIn(network);
    for (const target of FAST_TARGETS) await measure(target);
    network.answerMs = ({ target }) => (target === SLOW ? Number.POSITIVE_INFINITY : FAST_MS);
    const asks = async (): Promise<boolean> => {
      network.optionPings.length = 0;
      await measure(SLOW);
      return network.optionPings.some(({ target }) => target === SLOW);
    };
    const { endedAt, startedAt } = await measure(SLOW);
    expect(endedAt - startedAt).toBeLessThan(5_000);
    expect(await asks()).toBe(true);
    await network.clock.drive(network.clock.sleep(10_000));
    expect(await asks()).toBe(false);
    await network.clock.drive(network.clock.sleep(3_600_000));
    expect(await asks()).toBe(true);
  });
});
