import { type Ipv4Address, parsePrefix } from '@revtr/net';
import { type PingRequest, type PingResult, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { type Hop, IngressRanking, PrefixOrigins, SharedPings } from '../src/index.ts';
import { SpoofedRecordRoute, type SpoofedRecordRouteOptions } from '../src/techniques/spoofed-record-route.ts';
import {
  type Answer,
  DESTINATION,
  ip,
  measurementWith,
  ScriptedProber,
  SOURCE,
  stillClock,
} from './support/measurement.ts';

const [FIRST, SECOND] = [ip(2), ip(3)];
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);
const OPTIONS: SpoofedRecordRouteOptions = {
  rounds: { sizes: [1] },
  maxSpoofers: 4,
  failuresPerIngress: Number.POSITIVE_INFINITY,
  prefersIdleSpoofers: false,
  learnsSilences: false,
  confirmsContradictions: false,
  pingsTargets: false,
  targetsPerSegment: 2,
  useHeuristics: false,
  deadline: () => 1_000,
  timeoutMs: 1_000,
};
/** Nine slots, all used on the forward path: the reverse path did not fit. */
const FULL: Answer = Array.from({ length: 9 }, (_, i) => ip(100 + i));
/** A target that answers but does not stamp: that shows no hop, and says nothing of its distance. */
const UNREADABLE: Answer = [ip(100)];
const newRanking = () => new IngressRanking({ vantagePoints: [FIRST, SECOND] }, { ipToAs, clock: stillClock });
const measured = (address: Ipv4Address): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
});

describe('spoofed Record Route', () => {
  it('claims the address of the source, receives at the source, and finds the hops after the stamp of the target', async () => {
    const prober = new ScriptedProber(() => [ip(50), DESTINATION, ip(51), ip(52)]);
    const extension = await new SpoofedRecordRoute(OPTIONS).extend(
      measurementWith(prober, { ranking: newRanking(), ipToAs }),
    );
    expect(prober.pings).toMatchObject([
      { sender: FIRST, target: DESTINATION, spoof: { claimedSource: SOURCE, receiver: SOURCE } },
    ]);
    expect(extension).toMatchObject({
      outcome: 'extended',
      from: 0,
      hops: [{ address: ip(51) }, { address: ip(52) }, { address: SOURCE }],
    });
  });

  it('never asks more vantage points than allowed, nor the source itself', async () => {
    const prober = new ScriptedProber(() => FULL);
    const ranking = new IngressRanking(
      { vantagePoints: [SOURCE, FIRST, SECOND, ip(4), ip(5)] },
      { ipToAs, clock: stillClock },
    );
    await new SpoofedRecordRoute({ ...OPTIONS, maxSpoofers: 2 }).extend(measurementWith(prober, { ranking, ipToAs }));
    expect(prober.pings.map(({ sender }) => sender)).toEqual([FIRST, SECOND]);
  });

  it('asks vantage points of which nothing is known after a near one has refused, but not after it has answered', async () => {
    class StoppedProber extends ScriptedProber {
      override ping(request: PingRequest): Promise<PingResult> {
        if (request.sender === FIRST)
          return Promise.reject(
            new ProbingError('killSwitch', 'it is stopped', { scope: 'vantagePoint', subject: '' }),
          );
        return super.ping(request);
      }
    }
    const rounds = { untilChance: 0.8, most: 3, leastChance: 0.4 };
    const sendersOf = async (prober: ScriptedProber): Promise<Ipv4Address[]> => {
      const ranking = newRanking();
      ranking.observe(FIRST, DESTINATION, 3);
      await new SpoofedRecordRoute({ ...OPTIONS, rounds }).extend(measurementWith(prober, { ranking, ipToAs }));
      return prober.pings.map(({ sender }) => sender);
    };
    expect(await sendersOf(new StoppedProber(() => FULL))).toEqual([SECOND]);
    expect(await sendersOf(new ScriptedProber(() => FULL))).toEqual([FIRST]);
  });

  it('prefers idle spoofers if the plan enables it', async () => {
    for (const prefersIdleSpoofers of [false, true]) {
      const scripted = new ScriptedProber((request) => (request.target === DESTINATION ? FULL : undefined));
      const prober = new SharedPings(scripted);
      const other = prober.ping({ type: 'ping', sender: FIRST, target: ip(99), timeoutMs: 1 });
      const measurement = measurementWith(scripted, { prober, ranking: newRanking(), ipToAs });
      await new SpoofedRecordRoute({ ...OPTIONS, maxSpoofers: 1, prefersIdleSpoofers }).extend(measurement);
      await other;
      expect(scripted.pings.at(-1)?.sender).toBe(prefersIdleSpoofers ? SECOND : FIRST);
    }
  });

  it('learns which vantage points get no answer from a target if the plan enables it', async () => {
    for (const learnsSilences of [false, true]) {
      const ranking = newRanking();
      for (let i = 0; i < 2; i++) {
        const prober = new ScriptedProber(({ sender }) => (sender === SECOND ? undefined : UNREADABLE));
        const technique = new SpoofedRecordRoute({ ...OPTIONS, rounds: { sizes: [2] }, learnsSilences });
        await technique.extend(measurementWith(prober, { ranking, ipToAs }));
      }
      const ranked = ranking.rank(DESTINATION).map(({ address }) => address);
      expect(ranked.includes(SECOND)).toBe(!learnsSilences);
    }
  });

  it('confirms a contradiction at the hop before if the plan enables it', async () => {
    const [h1, h2, h3, other] = [ip(61), ip(62), ip(63), ip(70)];
    const answers = new Map<Ipv4Address, Answer>([
      [h3, UNREADABLE],
      [h2, [ip(50), h2, other]],
      [h1, [ip(50), h1, h2, h3, ip(64)]],
    ]);
    for (const confirmsContradictions of [false, true]) {
      const prober = new ScriptedProber(({ target }) => answers.get(target));
      const measurement = measurementWith(prober, { ranking: newRanking(), ipToAs });
      measurement.path.extend(0, [h1, h2, h3].map(measured));
      const extension = await new SpoofedRecordRoute({ ...OPTIONS, confirmsContradictions }).extend(measurement);
      expect(extension).toMatchObject({ outcome: 'extended', from: confirmsContradictions ? 1 : 2 });
    }
  });

  it('takes a contradiction for load balancing if another sender sees the known hop, and for a detour if nobody does', async () => {
    const [h1, h2, h3, other] = [ip(61), ip(62), ip(63), ip(70)];
    for (const isBalanced of [true, false]) {
      const prober = new ScriptedProber(({ sender, target }) => {
        if (target === h3) return UNREADABLE;
        if (target === h2) return isBalanced && sender === SECOND ? [ip(50), h2, h3, ip(64)] : [ip(50), h2, other];
        return undefined;
      });
      const measurement = measurementWith(prober, { ranking: newRanking(), ipToAs });
      measurement.path.extend(0, [h1, h2, h3].map(measured));
      const extension = await new SpoofedRecordRoute({ ...OPTIONS, confirmsContradictions: true }).extend(measurement);
      expect(extension).toMatchObject({
        outcome: 'extended',
        from: 2,
        hops: isBalanced
          ? [{ address: h3, trust: 'measured', alternatives: [other], divergence: 'loadBalancing' }, {}, {}]
          : [{ address: other, trust: 'inferred', alternatives: [h3], divergence: 'notDestinationBased' }, {}],
      });
    }
  });

  it('believes a detour less if the hop answers all other receivers by the same router', async () => {
    const [h1, h2, h3, other] = [ip(61), ip(62), ip(63), ip(70)];
    const confidence = async (toReceivers: Ipv4Address): Promise<number> => {
      const prober = new ScriptedProber(({ target, spoof }) => {
        if (target === h3) return UNREADABLE;
        return target === h2 ? [ip(50), h2, spoof === undefined ? toReceivers : other] : undefined;
      });
      const measurement = measurementWith(prober, { ranking: newRanking(), ipToAs });
      measurement.path.extend(0, [h1, h2, h3].map(measured));
      const extension = await new SpoofedRecordRoute({ ...OPTIONS, confirmsContradictions: true }).extend(measurement);
      const asked = prober.pings.filter(({ spoof }) => spoof === undefined);
      expect(asked.map(({ sender, target }) => [sender, target])).toEqual(
        [FIRST, SECOND].map((sender) => [sender, h2]),
      );
      return extension.outcome === 'extended' ? extension.hops[0].confidence : Number.NaN;
    };
    expect(await confidence(other)).toBeLessThan(0.7 * (await confidence(ip(71))));
  });

  it('pings the destination without options beside its first ping if the plan enables it, and only once', async () => {
    for (const pingsTargets of [false, true]) {
      const prober = new ScriptedProber(() => undefined);
      const measurement = measurementWith(prober, { ranking: newRanking(), ipToAs });
      await new SpoofedRecordRoute({ ...OPTIONS, pingsTargets }).extend(measurement);
      const plain = prober.pings.filter(({ option }) => option === undefined);
      expect(plain.map(({ sender, target }) => [sender, target])).toEqual(pingsTargets ? [[SOURCE, DESTINATION]] : []);
    }
  });

  it('calls a target silent when a second vantage point confirms it, and asks no third', async () => {
    const prober = new ScriptedProber(() => undefined);
    const vantagePoints = [FIRST, SECOND, ip(4)];
    const ranking = new IngressRanking({ vantagePoints }, { ipToAs, clock: stillClock });
    const measurement = measurementWith(prober, { ranking, ipToAs });
    expect(await new SpoofedRecordRoute(OPTIONS).extend(measurement)).toMatchObject({ outcome: 'nothingFound' });
    expect(prober.pings.map(({ sender }) => sender)).toEqual([FIRST, SECOND]);
    expect(measurement.silentTargets.isSilent(DESTINATION, SOURCE, stillClock.now())).toBe(true);
  });

  it('goes on after the silence of two vantage points when the target has answered the source', async () => {
    const prober = new ScriptedProber(({ sender }) => (sender === ip(4) ? [ip(50), DESTINATION, ip(51)] : undefined));
    const vantagePoints = [FIRST, SECOND, ip(4)];
    const ranking = new IngressRanking({ vantagePoints }, { ipToAs, clock: stillClock });
    const measurement = measurementWith(prober, { ranking, ipToAs });
    const reading = { hops: [], isWhole: false, stamps: [] };
    measurement.targetAnswers.noteAnswer({ target: DESTINATION, sender: SOURCE, distance: 9, hops: [], reading });
    expect(await new SpoofedRecordRoute(OPTIONS).extend(measurement)).toMatchObject({ outcome: 'extended' });
  });
});

describe('spoofed Record Route behind assumed hops', () => {
  const assumed = (last: number): Hop => ({ ...measured(ip(last)), technique: 'assumedIntradomain', trust: 'assumed' });
  const targets = async (hops: number, climbBeforeRetry?: number): Promise<number[]> => {
    const ranking = newRanking();
    // Both vantage points are known not to reach the network of the destination, the second by less.
    ranking.observe(FIRST, DESTINATION, 9, []);
    ranking.observe(SECOND, DESTINATION, 9, []);
    ranking.observe(SECOND, DESTINATION, 8, []);
    const prober = new ScriptedProber(() => FULL);
    const measurement = measurementWith(prober, { ranking, ipToAs });
    measurement.path.extend(
      0,
      Array.from({ length: hops }, (_, i) => assumed(20 + i)),
    );
    const options = { ...OPTIONS, ...(climbBeforeRetry !== undefined && { climbBeforeRetry }) };
    await new SpoofedRecordRoute(options).extend(measurement);
    expect(prober.pings.every(({ sender }) => sender === SECOND)).toBe(true);
    return prober.pings.map(({ target }) => target);
  };

  it('asks one vantage point again that does not reach the network, once the path has come so many links nearer', async () => {
    expect(await targets(1, 3)).toEqual([]);
    expect(await targets(2, 3)).toEqual([]);
    expect(await targets(3, 3)).toEqual([ip(22)]);
    expect(await targets(4, 3)).toEqual([ip(23)]);
    expect(await targets(4)).toEqual([]);
  });
});
