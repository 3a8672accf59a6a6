import type { PingRequest } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { ProbeCache, SharedPings } from '../src/index.ts';
import { recordRoutePing } from '../src/record-route/ping.ts';
import { JumpingClock } from './support/jumping-clock.ts';
import { type Answer, DESTINATION, ip, ScriptedProber, SOURCE } from './support/measurement.ts';

const SPOOFER = ip(2);
const OPTIONS = { keepMs: 10_000, keepSilenceMs: 1_000, capacity: 100 };
const spoofed = (target: number, sender = SPOOFER): PingRequest => recordRoutePing(sender, SOURCE, target, 1_000);

function cacheOver(answer: (request: PingRequest) => Answer) {
  const prober = new ScriptedProber(answer, () => [ip(11), DESTINATION]);
  const clock = new JumpingClock();
  const cache = new ProbeCache(OPTIONS, { prober, clock });
  const wait = (ms: number): Promise<void> => clock.drive(clock.sleep(ms));
  return { prober, cache, wait };
}

describe('the caches of the original', () => {
  // The target stamps in slot 1; the source stamps last.
  const stamps = [ip(3), DESTINATION, ip(11), ip(12), SOURCE];

  it('answer an equal ping without sending it, until the answer is too old', async () => {
    const { prober, cache, wait } = cacheOver(() => stamps);
    const first = await cache.ping(spoofed(DESTINATION));
    expect(cache.holds(spoofed(DESTINATION))).toBe(true);
    expect(await cache.ping(spoofed(DESTINATION))).toEqual(first);
    expect(prober.pings).toHaveLength(1);
    await wait(OPTIONS.keepMs + 1);
    await cache.ping(spoofed(DESTINATION));
    expect(prober.pings).toHaveLength(2);
  });

  it('answer pings to the hops stamped behind the target, from the same sender to the same source', async () => {
    const { prober, cache } = cacheOver(() => stamps);
    await cache.ping(spoofed(DESTINATION));
    for (const hop of [ip(11), ip(12)]) {
      const { request, reply } = await cache.ping(spoofed(hop));
      expect([request.target, reply?.recordRoute]).toEqual([hop, stamps]);
    }
    expect(prober.pings).toHaveLength(1);
    // A hop before the target, another sender, and the source itself are asked.
    expect([spoofed(ip(3)), spoofed(ip(11), ip(4)), spoofed(SOURCE)].map((ping) => cache.holds(ping))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('keep, for a hop behind several targets, the answer that leaves it the most slots', async () => {
    const late = [ip(3), ip(4), ip(5), ip(20), ip(12), ip(13)];
    const { cache } = cacheOver(({ target }) => (target === DESTINATION ? stamps : late));
    await cache.ping(spoofed(DESTINATION));
    await cache.ping(spoofed(ip(20)));
    expect((await cache.ping(spoofed(ip(12)))).reply?.recordRoute).toEqual(stamps);
  });

  it('remember the silence of a ping from the source for a shorter time, and that of a spoofed ping not at all', async () => {
    const { cache, wait } = cacheOver(() => undefined);
    const own = recordRoutePing(SOURCE, SOURCE, DESTINATION, 1_000);
    await cache.ping(own);
    await cache.ping(spoofed(DESTINATION));
    expect([cache.holds(own), cache.holds(spoofed(DESTINATION))]).toEqual([true, false]);
    await wait(OPTIONS.keepSilenceMs + 1);
    expect(cache.holds(own)).toBe(false);
  });

  it('answer a traceroute again with no probe sent', async () => {
    const { cache } = cacheOver(() => undefined);
    const request = { type: 'traceroute', sender: SOURCE, target: DESTINATION, timeoutMs: 1_000 } as const;
    const first = await cache.traceroute(request);
    expect(first.probesSent).toBe(2);
    expect(await cache.traceroute(request)).toEqual({ ...first, probesSent: 0 });
  });

  it('leave pings that are answered from them out of the count of those to send', async () => {
    const { cache } = cacheOver(() => stamps);
    const shared = new SharedPings(cache, (request) => cache.holds(request));
    expect(shared.fresh([spoofed(DESTINATION), spoofed(ip(11))])).toBe(2);
    await shared.ping(spoofed(DESTINATION));
    expect(shared.fresh([spoofed(DESTINATION), spoofed(ip(11)), spoofed(ip(3))])).toBe(1);
  });
});
