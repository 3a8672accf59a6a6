import { parseIpv4 } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OUTAGE_DETECTION, OutageDetector } from '../src/measuring/outages/outage-detector.ts';
import { ReferenceTargets } from '../src/measuring/outages/reference-targets.ts';
import { ManualClock, settle } from './manual-clock.ts';

const HOST = parseIpv4('203.0.113.1');
const OTHER = parseIpv4('203.0.113.2');
const REFERENCES = ['198.51.100.1', '198.51.100.2', '198.51.100.3'].map(parseIpv4);
const TARGET = parseIpv4('192.0.2.1');

/** A network in which hosts can lose their link, and answers take 20 ms. */
class FakeNetwork implements Prober {
  readonly offline = new Set<number>();
  readonly silent = new Set<number>();
  readonly refused = new Set<number>();
  readonly pings: PingRequest[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    const { sender, target, spoof, timeoutMs } = request;
    if (this.refused.has(target)) throw new ProbingError('invalidRequest', 'not allowed');
    this.pings.push(request);
    const sentAt = this.#clock.now();
    const receiver = spoof?.receiver ?? sender;
    const isSent = !this.offline.has(sender) && !this.silent.has(target);
    await this.#clock.sleep(20, signal);
    if (isSent && !this.offline.has(receiver))
      return {
        type: 'ping',
        request,
        sentAt,
        reply: { from: target, icmpType: 0, icmpCode: 0, rttMs: 20, ttl: 60 },
      };
    await this.#clock.sleep(timeoutMs - 20, signal);
    return { type: 'ping', request, sentAt };
  }

  traceroute(): Promise<never> {
    throw new Error('none is needed');
  }
}

async function start({ references = REFERENCES, connected = new Set([HOST, OTHER]), isTested = true } = {}) {
  const clock = new ManualClock();
  const network = new FakeNetwork(clock);
  const changes: [number, boolean][] = [];
  const detector = new OutageDetector(DEFAULT_OUTAGE_DETECTION, {
    prober: network,
    references: new ReferenceTargets({
      candidates: () => references,
      isReference: (address) => references.includes(address),
      isCandidate: (_, address) => references.includes(address),
    }),
    canMeasure: (host) => connected.has(host),
    participates: () => true,
    onChange: (host, isSuspended) => changes.push([host, isSuspended]),
    clock,
    log: pino({ level: 'silent' }),
  });
  detector.start();
  /** What `work` resolves to, while time passes. */
  const during = async <T>(ms: number, work: Promise<T>): Promise<T | 'waits'> => {
    let outcome: T | 'waits' = 'waits';
    void work.then((value) => {
      outcome = value;
    });
    await clock.advance(ms);
    return outcome;
  };
  const ping = (sender: number, target: number, timeoutMs = 1_000) =>
    detector.ping({ type: 'ping', sender, target, timeoutMs });
  // Agents are tested when they connect: that proves their reference targets.
  const tested = isTested ? [HOST, OTHER] : [];
  await during(100, Promise.all(tested.flatMap((host) => references.map((target) => ping(host, target)))));
  network.pings.length = 0;
  return { clock, network, detector, changes, during, ping, connected };
}

describe('the outage detector', () => {
  it('takes a host that receives anything afterwards for online, though its reference targets are silent', async () => {
    const { clock, network, detector, during, ping, changes } = await start();
    for (const reference of REFERENCES) network.silent.add(reference);
    const verdict = detector.offlineSince([HOST], clock.now() - 500);
    await clock.advance(1_500);
    void ping(HOST, TARGET);
    expect(await during(30, verdict)).toEqual(new Set());
    await clock.advance(10_000);
    expect(changes).toEqual([]);
  });

  it('asks one reference target about a silence, and finds the host online', async () => {
    const { clock, network, detector, during, changes } = await start();
    expect(await during(30, detector.offlineSince([HOST], clock.now() - 500))).toEqual(new Set());
    expect(network.pings).toHaveLength(1);
    expect(changes).toEqual([]);
  });

  it('learns which reference targets answer in a process that has not tested the agents', async () => {
    const { clock, network, detector, during, changes } = await start({ isTested: false });
    // The first question makes the host known, which counts as news of it.
    await during(30, detector.offlineSince([HOST], clock.now()));
    await clock.advance(1_000);
    expect(await during(30, detector.offlineSince([HOST], clock.now() - 500))).toEqual(new Set());
    expect(network.pings.map(({ target }) => target)).toEqual(REFERENCES);
    network.offline.add(HOST);
    await clock.advance(1_000);
    expect(await during(2_400, detector.offlineSince([HOST], clock.now()))).toEqual(new Set([HOST]));
    expect(changes).toEqual([[HOST, true]]);
  });

  it('suspends no host because targets are silent that have never answered it', async () => {
    const { clock, network, detector, during, changes } = await start({ isTested: false });
    // The first question makes the host known, which counts as news of it.
    await during(30, detector.offlineSince([HOST], clock.now()));
    await clock.advance(1_000);
    for (const reference of REFERENCES) network.silent.add(reference);
    expect(await during(1_100, detector.offlineSince([HOST], clock.now() - 500))).toEqual(new Set());
    expect(changes).toEqual([]);
  });

  it('suspends a host when its reference targets are silent too, and resumes it when one answers', async () => {
    const { clock, network, detector, during, changes } = await start();
    network.offline.add(HOST);
    const since = clock.now();
    const verdict = detector.offlineSince([HOST, OTHER], since);
    expect(await during(2_100, verdict)).toEqual(new Set([HOST]));
    expect(detector.isSuspended(HOST)).toBe(true);
    expect(changes).toEqual([[HOST, true]]);
    const back = detector.untilOnline(HOST, 60_000);
    expect(await during(20_000, back)).toBe('waits');
    network.offline.delete(HOST);
    expect(await during(3_000, back)).toBe(true);
    expect(detector.isSuspended(HOST)).toBe(false);
    expect(changes).toEqual([
      [HOST, true],
      [HOST, false],
    ]);
  });

  it('remembers an outage that is over: what was sent meanwhile is lost, what was sent later is not', async () => {
    const { clock, network, detector, during } = await start();
    network.offline.add(HOST);
    const duringOutage = clock.now();
    await during(2_100, detector.offlineSince([HOST], duringOutage));
    network.offline.delete(HOST);
    await clock.advance(5_000);
    expect(await during(30, detector.offlineSince([HOST], duringOutage))).toEqual(new Set([HOST]));
    expect(await during(300, detector.offlineSince([HOST], clock.now()))).toEqual(new Set());
  });

  it('sends a bounded number of pings, whatever the number of measurements', async () => {
    const { clock, network, detector, during } = await start();
    const ask = (times: number) =>
      Promise.all(Array.from({ length: times }, () => detector.offlineSince([HOST], clock.now() - 500)));
    await during(100, ask(500));
    expect(network.pings.length).toBe(1);
    network.offline.add(HOST);
    await during(3_000, ask(500));
    const before = network.pings.length;
    expect(before).toBeLessThanOrEqual(1 + 1 + REFERENCES.length);
    await clock.advance(60_000);
    expect(network.pings.length - before).toBeLessThanOrEqual((60_000 / 2_500) * 4);
  });

  it('does not suspend a host with fewer than two proven reference targets', async () => {
    const { clock, network, detector, during, changes } = await start({ references: REFERENCES.slice(0, 1) });
    network.offline.add(HOST);
    expect(await during(5_000, detector.offlineSince([HOST], clock.now() - 500))).toEqual(new Set());
    expect(changes).toEqual([]);
  });

  it('does not count a reference ping that is not allowed as silence', async () => {
    const { clock, network, detector, during, changes } = await start();
    for (const reference of REFERENCES) network.refused.add(reference);
    expect(await during(5_000, detector.offlineSince([HOST], clock.now() - 500))).toEqual(new Set());
    expect(changes).toEqual([]);
  });

  it('takes a host whose agent does not measure for offline, and gives up waiting in time', async () => {
    const { clock, detector, during, connected } = await start();
    connected.delete(HOST);
    expect(await during(0, detector.offlineSince([HOST], clock.now()))).toEqual(new Set([HOST]));
    expect(await during(1_500, detector.untilOnline(HOST, 1_000))).toBe(false);
    const since = clock.now();
    void detector.untilOnline(HOST, 10_000);
    await clock.advance(1_000);
    connected.add(HOST);
    expect(await during(30, detector.offlineSince([HOST], since))).toEqual(new Set([HOST]));
  });

  it('learns from a spoofed answer that the receiver is online and that the sender could send', async () => {
    const { clock, network, detector, during } = await start();
    const since = clock.now();
    const spoof = { claimedSource: HOST, receiver: HOST };
    void detector.ping({ type: 'ping', sender: OTHER, target: TARGET, spoof, timeoutMs: 1_000 });
    await settle();
    const verdict = detector.offlineSince([HOST], since);
    network.offline.add(OTHER);
    expect(await during(25, verdict)).toEqual(new Set());
    expect(await during(2_500, detector.offlineSince([OTHER], since))).toEqual(new Set([OTHER]));
  });

  it('ends a wait when its signal fires', async () => {
    const { clock, network, detector } = await start();
    network.offline.add(HOST);
    const abort = new AbortController();
    const verdict = detector.offlineSince([HOST], clock.now() - 500, abort.signal);
    abort.abort();
    await expect(verdict).rejects.toMatchObject({ code: 'cancelled' });
  });
});
