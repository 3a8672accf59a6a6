import type { Ipv4Address } from '@revtr/net';
import {
  cancelled,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type TracerouteRequest,
} from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  collectTails,
  collectTraceroutes,
  defaultPlan,
  type HostWatch,
  NO_RELATIONS,
  PrefixOrigins,
  ReverseTracerouteEngine,
  type TailsOptions,
  type TailsReport,
} from '../src/index.ts';
import { JumpingClock } from './support/jumping-clock.ts';
import { DESTINATION, ip, SOURCE } from './support/measurement.ts';

const [NEAR, FAR] = [ip(2), ip(3)];
const ROUTERS = [ip(51), ip(52)];
const RTT_MS = 20;

/** A time during which a host is offline, milliseconds. */
interface Outage {
  readonly host: Ipv4Address;
  readonly from: number;
  readonly to: number;
}

/** A network with one destination, behind two routers. */
class FakeNetwork implements Prober, HostWatch {
  readonly clock = new JumpingClock();
  readonly pings: PingRequest[] = [];
  readonly outages: Outage[] = [];
  /** Whether the destination answers a ping. */
  answers: (request: PingRequest) => boolean = () => true;
  /** The error of pings that are not sent. */
  refuses: (request: PingRequest) => ProbingError | undefined = () => undefined;

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    const refusal = this.refuses(request);
    if (refusal !== undefined) throw refusal;
    this.pings.push(request);
    const { clock } = this;
    const { sender, target, spoof, option, timeoutMs, ttl } = request;
    const sentAt = clock.now();
    const isSent = this.#isOnline(sender);
    await clock.sleep(RTT_MS, signal);
    const isKnown = target === DESTINATION || ROUTERS.includes(target);
    if (isSent && this.#isOnline(spoof?.receiver ?? sender) && isKnown && ttl === undefined && this.answers(request)) {
      const recordRoute = option && { recordRoute: [ip(40), target, ...ROUTERS.slice(ROUTERS.indexOf(target) + 1)] };
      const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: RTT_MS, ttl: 60, ...recordRoute };
      return { type: 'ping', request, sentAt, reply };
    }
    await clock.sleep(timeoutMs - RTT_MS, signal);
    return { type: 'ping', request, sentAt };
  }

  get optionPings(): readonly PingRequest[] {
    return this.pings.filter(({ option }) => option !== undefined);
  }

  async traceroute(request: TracerouteRequest) {
    const froms = request.target === SOURCE ? [...ROUTERS, SOURCE] : [];
    const hops = froms.map((from, i) => ({ ttl: i + 1, from }));
    return { type: 'traceroute', request, startedAt: 0, endedAt: 0, stop: 'completed', hops, probesSent: 3 } as const;
  }

  async offlineSince(hosts: readonly Ipv4Address[], since: number): Promise<ReadonlySet<Ipv4Address>> {
    const hit = this.outages.filter(({ from, to }) => from < this.clock.now() && to > since);
    return new Set(hosts.filter((host) => hit.some((outage) => outage.host === host)));
  }

  async untilOnline(host: Ipv4Address, mostMs: number): Promise<boolean> {
    const now = this.clock.now();
    const current = this.outages.find((outage) => outage.host === host && outage.from <= now && now < outage.to);
    if (current === undefined) return true;
    await this.clock.sleep(Math.min(mostMs, current.to - now));
    return current.to - now <= mostMs;
  }

  #isOnline(host: Ipv4Address): boolean {
    const now = this.clock.now();
    return !this.outages.some((outage) => outage.host === host && outage.from <= now && now < outage.to);
  }
}

function engineIn(network: FakeNetwork, isWatched = true, vantagePoints = [NEAR, FAR]) {
  const aliases = new AliasSets();
  const ipToAs = new PrefixOrigins([]);
  const { clock } = network;
  const ranking = defaultPlan.ranking({ vantagePoints }, { ipToAs, clock });
  const atlas = new Atlas({ aliases, ipToAs });
  const parts = {
    prober: network,
    clock,
    atlas,
    ranking,
    aliases,
    ipToAs,
    relations: NO_RELATIONS,
    mayProbe: () => true,
  };
  const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, isWatched ? { ...parts, hosts: network } : parts);
  const options = { useAtlas: false, reuseMaxAgeMs: 0 };
  const measure = () => clock.drive(engine.measure({ source: SOURCE, destination: DESTINATION, options }));
  return { measure, parts, aliases, ipToAs };
}

const WAY_BACK = [DESTINATION, ...ROUTERS, SOURCE];
const isSkippedAsSilent = ({ attempts }: { attempts: readonly { detail: string }[] }): boolean =>
  attempts.some(({ detail }) => detail.includes('did not answer recently'));

describe('an outage of the source', () => {
  const outage = { host: SOURCE, from: 0, to: 20_000 };

  it('delays a measurement, which then measures every hop', async () => {
    const network = new FakeNetwork();
    network.outages.push(outage);
    const { measure } = engineIn(network);
    const result = await measure();
    expect(result.stopReason).toBe('reaches');
    expect(result.hops.map(({ address }) => address)).toEqual(WAY_BACK);
    expect(result.hops.every(({ trust }) => trust === 'measured')).toBe(true);
    expect(result.endedAt).toBeGreaterThanOrEqual(outage.to);
  });

  it('that begins while a ping is in flight makes the ping void', async () => {
    const network = new FakeNetwork();
    network.outages.push({ ...outage, from: RTT_MS / 2 });
    const { measure } = engineIn(network);
    expect((await measure()).hops.map(({ address }) => address)).toEqual(WAY_BACK);
    expect(network.optionPings.map(({ sender }) => sender)).toEqual([SOURCE, SOURCE]);
  });

  it('is booked as a silence of the target only by an engine that cannot tell outages', async () => {
    for (const isWatched of [true, false]) {
      const network = new FakeNetwork();
      network.outages.push(outage);
      const { measure } = engineIn(network, isWatched);
      await measure();
      await network.clock.drive(network.clock.sleep(Math.max(0, outage.to - network.clock.now())));
      const later = await measure();
      expect(isSkippedAsSilent(later)).toBe(!isWatched);
      expect(later.stopReason).toBe(isWatched ? 'reaches' : 'failed');
    }
  });

  it('that lasts longer than a minute fails the measurement with its own code, and with no assumed hop', async () => {
    const network = new FakeNetwork();
    network.outages.push({ ...outage, to: 600_000 });
    const { measure } = engineIn(network);
    const result = await measure();
    expect(result.failReason).toMatchObject({ code: 'sourceOffline', details: { waitedMs: 60_000 } });
    expect(result.hops).toHaveLength(1);
    expect(result.endedAt - result.startedAt).toBeLessThan(65_000);
  });

  it('that comes and goes does not make a measurement repeat without end', async () => {
    const network = new FakeNetwork();
    for (let from = 10; from < 600_000; from += 1_000) network.outages.push({ host: SOURCE, from, to: from + 900 });
    const { measure } = engineIn(network);
    expect((await measure()).failReason).toMatchObject({ code: 'sourceOffline' });
    expect(network.optionPings.length).toBeLessThan(100);
  });
});

describe('an outage of a vantage point', () => {
  it('is not booked on the target, which is asked again when the vantage point is back', async () => {
    for (const isWatched of [true, false]) {
      const network = new FakeNetwork();
      network.outages.push({ host: NEAR, from: 0, to: 20_000 });
      network.answers = ({ spoof }) => spoof !== undefined;
      const { measure } = engineIn(network, isWatched, [NEAR]);
      expect((await measure()).stopReason).toBe('failed');
      await network.clock.drive(network.clock.sleep(20_000));
      const later = await measure();
      expect(isSkippedAsSilent(later)).toBe(!isWatched);
      expect(later.stopReason).toBe(isWatched ? 'reaches' : 'failed');
    }
  });

  it('does not keep a measurement from asking another vantage point', async () => {
    const network = new FakeNetwork();
    network.outages.push({ host: NEAR, from: 0, to: 600_000 });
    network.answers = ({ spoof }) => spoof !== undefined;
    const { measure } = engineIn(network);
    expect((await measure()).hops.map(({ address }) => address)).toEqual(WAY_BACK);
  });
});

describe('a silence of a target', () => {
  it('is still booked on the target while all hosts are online', async () => {
    const network = new FakeNetwork();
    network.answers = () => false;
    const { measure } = engineIn(network);
    await measure();
    // A silence counts when the time has passed in which answers may still come.
    await network.clock.drive(network.clock.sleep(10_000));
    network.pings.length = 0;
    expect(isSkippedAsSilent(await measure())).toBe(true);
    expect(network.pings.filter(({ option, target }) => option !== undefined && target === DESTINATION)).toEqual([]);
  });

  it('is not concluded from pings that were not sent', async () => {
    const errors = [
      new ProbingError('proberStopped', 'the agent is not connected'),
      new ProbingError('invalidRequest', 'the target has had its probes of today'),
    ];
    for (const error of errors) {
      const network = new FakeNetwork();
      network.refuses = ({ option }) => (option === undefined ? undefined : error);
      const { measure } = engineIn(network);
      await measure();
      network.refuses = () => undefined;
      const later = await measure();
      expect(later.hops.map(({ address }) => address)).toEqual(WAY_BACK);
    }
  });
});

describe('a path that reached the source', () => {
  it('stays, when the forward traceroute and some pings for round-trip times cannot be sent', async () => {
    const network = new FakeNetwork();
    const stopped = new ProbingError('proberStopped', 'the agent is not connected');
    network.refuses = ({ option, target }) => (option === undefined && target === ROUTERS[0] ? stopped : undefined);
    network.traceroute = () => Promise.reject(stopped);
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, engineIn(network).parts);
    const options = { useAtlas: false, reuseMaxAgeMs: 0, measureRtts: true, forwardTraceroute: true };
    const result = await network.clock.drive(engine.measure({ source: SOURCE, destination: DESTINATION, options }));
    expect(result.stopReason).toBe('reaches');
    expect(result.failReason).toBeUndefined();
    expect(result.forward).toBeUndefined();
    expect(result.attempts.at(-1)).toMatchObject({ technique: 'forwardTraceroute', detail: stopped.message });
    expect(result.hops.map(({ address, rttMs }) => [address, rttMs])).toEqual([
      [DESTINATION, RTT_MS],
      [ROUTERS[0], undefined],
      [ROUTERS[1], RTT_MS],
      [SOURCE, undefined],
    ]);
  });

  it.each([
    ['measured again when nothing may be reused', 0, 2],
    ['kept otherwise', 3_600_000, 1],
  ])('has round-trip times that are %s', async (_, reuseMaxAgeMs, pings) => {
    const network = new FakeNetwork();
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, engineIn(network).parts);
    const options = { useAtlas: false, reuseMaxAgeMs, measureRtts: true };
    for (let i = 0; i < 2; i++) {
      await network.clock.drive(engine.measure({ source: SOURCE, destination: DESTINATION, options }));
      await network.clock.drive(network.clock.sleep(1_000));
    }
    const plain = network.pings.filter(({ option, target }) => option === undefined && target === ROUTERS[1]);
    expect(plain).toHaveLength(pings);
  });

  it('does not keep a measurement that is cancelled afterwards from being cancelled', async () => {
    const network = new FakeNetwork();
    network.refuses = ({ option }) => (option === undefined ? new ProbingError('cancelled', 'cancelled') : undefined);
    const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, engineIn(network).parts);
    const options = { useAtlas: false, reuseMaxAgeMs: 0, measureRtts: true };
    const result = await network.clock.drive(engine.measure({ source: SOURCE, destination: DESTINATION, options }));
    expect(result.stopReason).toBe('cancelled');
  });
});

describe('a collection of Record Route stamps', () => {
  const setUp = async () => {
    const network = new FakeNetwork();
    const { parts, aliases, ipToAs } = engineIn(network);
    const options = { source: SOURCE, spoofersPerHop: 1, concurrency: 1, timeoutMs: 1_000 };
    await collectTraceroutes(options, [{ address: FAR, platform: 'vantagePoint' }], parts);
    const facts = { aliases, ipToAs, useHeuristics: false };
    const collect = (tailsOptions: Partial<TailsOptions> = {}, notSince = network.clock.now() + 1) =>
      network.clock.drive(collectTails({ ...options, ...tailsOptions }, notSince, { ...parts, hosts: network, facts }));
    const pinged = () => ROUTERS.filter((hop) => (parts.atlas.of(SOURCE)?.pingedAt(hop) ?? 0) > 0);
    return { network, collect, pinged };
  };

  it('waits for a source that is offline', async () => {
    const { network, collect } = await setUp();
    network.outages.push({ host: SOURCE, from: 0, to: 20_000 });
    expect((await collect()).answered).toBe(1);
    expect(network.clock.now()).toBeGreaterThan(20_000);
  });

  it('does not remember a hop as pinged when the ping was not sent', async () => {
    const { network, collect, pinged } = await setUp();
    network.refuses = () => new ProbingError('proberStopped', 'the agent is not connected');
    await collect();
    expect(pinged()).toEqual([]);
    network.refuses = () => undefined;
    await collect();
    expect(pinged()).toEqual(ROUTERS);
  });

  it('keeps what it has measured when it is interrupted, and pings the hops that were under way again', async () => {
    const { network, collect, pinged } = await setUp();
    const [underWay, done] = ROUTERS;
    const over = new AbortController();
    const reports: TailsReport[] = [];
    // The source has pinged both hops.
    network.answers = ({ target }) => target === done;
    network.refuses = ({ spoof, target }) => {
      if (spoof === undefined || target === done) return undefined;
      over.abort();
      return cancelled();
    };
    const options = { signal: over.signal, onReport: (report: TailsReport) => void reports.push(report) };
    await expect(collect(options)).rejects.toMatchObject({ code: 'cancelled' });
    expect(network.pings.map(({ target }) => target)).toEqual([done, done, underWay]);
    expect(pinged()).toEqual([done]);
    expect(reports).toEqual([{ hops: 1, recordRoutePings: 2, answered: 0 }]);
    network.answers = () => true;
    network.refuses = () => undefined;
    network.pings.length = 0;
    expect(await collect({}, 1)).toEqual({ hops: 1, recordRoutePings: 1, answered: 1 });
    expect(network.pings).toMatchObject([{ sender: SOURCE, target: underWay }]);
    expect(pinged()).toEqual(ROUTERS);
  });
});
