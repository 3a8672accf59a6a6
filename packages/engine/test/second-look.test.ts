import type { Ipv4Address } from '@revtr/net';
import type { Clock, PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { checkedByDistances } from '../src/checks/distances.ts';
import { SecondLook } from '../src/checks/second-look.ts';
import { followPath } from '../src/follow-path.ts';
import { AliasSets, DistanceRanking, type Hop, type Plan, PrefixOrigins } from '../src/index.ts';
import { LateAnswers } from '../src/late-answers.ts';
import type { Extension, Technique } from '../src/techniques/contract/technique.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber, SOURCE } from './support/measurement.ts';

const [NEAR] = [ip(2)];
const [A, B, C, D, OTHER] = [ip(51), ip(52), ip(53), ip(54), ip(59)];
const ipToAs = new PrefixOrigins([]);
const shownBy = (target: Ipv4Address, address: Ipv4Address): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 0.99,
  evidence: { type: 'recordRoute', target, sender: SOURCE, slot: 3, turn: 'stamp', at: 0 },
});

/** A path by A, B, C and D. Packets of the destination have shown A; those of A, which cross more links, the others. */
function measurementOf(links: number, stampsToNear: readonly Ipv4Address[]) {
  const prober = new ScriptedProber(() => [ip(60), DESTINATION, ...stampsToNear]);
  // Every router is known by all its addresses, so none counts twice.
  const aliases = new AliasSets([A, B, C, D, OTHER].map((address) => [address, address + 100]));
  const ranking = new DistanceRanking({ vantagePoints: [NEAR] }, { ipToAs });
  const measurement = measurementWith(prober, { aliases, ranking, ipToAs });
  const reading = { hops: [], stamps: [], isWhole: false, turnSlot: 8 };
  measurement.targetAnswers.noteAnswer({ target: DESTINATION, sender: SOURCE, distance: links, hops: [], reading });
  const hops = [shownBy(DESTINATION, A), ...[B, C, D, SOURCE].map((address) => shownBy(A, address))];
  return { measurement, prober, hops };
}
const look = (): Technique => new SecondLook({ spoofers: 1, timeoutMs: 1_000 });

describe('a second look at a complete path', () => {
  const follow = async (links: number, stamps: readonly Ipv4Address[]) => {
    const { measurement, prober, hops } = measurementOf(links, stamps);
    const found: Extension = { outcome: 'extended', from: 0, hops, detail: '' };
    const plan: Plan = {
      name: 'test',
      ranking: () => measurement.ranking,
      growsAtlas: false,
      techniques: () => [{ name: 'given', extend: async () => found }],
      review: look,
      resumeAt: () => 0,
    };
    const end = await followPath(plan, measurement, []);
    return { end, asked: prober.pings.length, addresses: measurement.path.hops.map(({ address }) => address) };
  };

  it('asks the destination from a nearer vantage point when its packets have a shorter way, and follows them', async () => {
    expect(await follow(4, [A, OTHER, D])).toEqual({
      end: { stopReason: 'reaches' },
      asked: 1,
      addresses: [DESTINATION, A, OTHER, D, SOURCE],
    });
  });

  it('leaves the path as it is when the answer shows no other router', async () => {
    expect(await follow(4, [A])).toMatchObject({ asked: 1, addresses: [DESTINATION, A, B, C, D, SOURCE] });
  });

  it('sends nothing when the path is as long as the way of its packets', async () => {
    expect(await follow(5, [A, OTHER])).toMatchObject({ asked: 0, addresses: [DESTINATION, A, B, C, D, SOURCE] });
  });
});

describe('plain pings that are repeated', () => {
  /** Measures a path of five links whose destination has answered options over five links, and pings without them over those in turn. */
  const repeat = async (lengths: readonly number[]) => {
    let sent = 0;
    const prober: Prober = {
      ping: async (request): Promise<PingResult> => {
        const ttl = 65 - (lengths[Math.min(sent++, lengths.length - 1)] ?? 0);
        return {
          type: 'ping',
          request,
          sentAt: 0,
          reply: { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 9, ttl },
        };
      },
      traceroute: () => Promise.reject(new Error('none is needed')),
    };
    const { measurement: usual, hops } = measurementOf(5, []);
    const measurement = measurementWith(prober, { targetAnswers: usual.targetAnswers, ranking: usual.ranking, ipToAs });
    measurement.path.extend(0, hops);
    await measurement.plainPings.replyOf(DESTINATION);
    await look().extend(measurement);
    return { sent, isDoubted: checkedByDistances(measurement).hops.some(({ trust }) => trust === 'inferred') };
  };

  it('show that a router balances load over paths of different lengths: then options take no other way', async () => {
    expect(await repeat([5])).toEqual({ sent: 1, isDoubted: false });
    expect(await repeat([6, 6, 5])).toEqual({ sent: 3, isDoubted: false });
    expect(await repeat([6, 6, 6])).toEqual({ sent: 7, isDoubted: true });
  });
});

describe('a late answer', () => {
  it('replaces the hops that were assumed before it came, and nothing else', async () => {
    const { measurement } = measurementOf(4, []);
    const reading = { hops: [], stamps: [], isWhole: true, turnSlot: 3 };
    const late = {
      target: A,
      sender: NEAR,
      distance: 3,
      hops: [OTHER, SOURCE].map((address) => shownBy(A, address)),
      reading,
    };
    const assumed: Hop = { ...shownBy(A, C), technique: 'assumedIntradomain', trust: 'assumed' };
    const hopsByStep = [[shownBy(DESTINATION, A)], [assumed], [shownBy(C, D), shownBy(C, SOURCE)]];
    let step = 0;
    const plan: Plan = {
      name: 'test',
      ranking: () => measurement.ranking,
      growsAtlas: false,
      followsLateAnswers: true,
      techniques: () => [
        {
          name: 'given',
          extend: async ({ targetAnswers, path }) => {
            if (step === 2) targetAnswers.noteLateAnswer(late);
            return { outcome: 'extended', from: path.hops.length - 1, hops: hopsByStep[step++] ?? [], detail: '' };
          },
        },
      ],
      resumeAt: () => 0,
    };
    expect(await followPath(plan, measurement, [])).toEqual({ stopReason: 'reaches' });
    expect(measurement.path.hops.map(({ address }) => address)).toEqual([DESTINATION, A, OTHER, SOURCE]);
  });

  it('is not waited for when the measurement is cancelled', async () => {
    const cancel = new AbortController();
    const clock: Clock = {
      now: () => 1_000,
      sleep: (_, signal) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('cancelled')))),
    };
    const measurement = measurementWith(new ScriptedProber(() => undefined), { clock, signal: cancel.signal });
    measurement.path.extend(0, [{ ...shownBy(DESTINATION, A), technique: 'assumedIntradomain', trust: 'assumed' }]);
    measurement.targetAnswers.expect(DESTINATION, 60_000);
    const awaited = new LateAnswers(measurement).awaitReplacement();
    cancel.abort();
    expect(await awaited).toBeUndefined();
  });
});
