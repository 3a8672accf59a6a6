import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { weighAssumptions } from '../src/checks/assumed-steps.ts';
import { checkedByDistances, firstOtherWay } from '../src/checks/distances.ts';
import { type Hop, SharedPings } from '../src/index.ts';
import { DESTINATION, ip, measurementWith, SOURCE } from './support/measurement.ts';

const [A, B, C] = [ip(51), ip(52), ip(53)];
const shownBy = (target: Ipv4Address, address: Ipv4Address): Hop => ({
  address,
  technique: 'spoofedRecordRoute',
  trust: 'measured',
  confidence: 0.99,
  evidence: { type: 'recordRoute', target, sender: ip(2), slot: 3, turn: 'stamp', at: 0 },
});

/** The path from the destination by A and B, which packets of the destination show, and by C, which packets of B show. */
async function check(counts: { readonly destination?: number; readonly b?: number; readonly plain?: number }) {
  const prober: Prober = {
    ping: async (request): Promise<PingResult> => {
      const { plain } = counts;
      const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 9 };
      return { type: 'ping', request, sentAt: 0, ...(plain !== undefined && { reply: { ...reply, ttl: 65 - plain } }) };
    },
    traceroute: () => Promise.reject(new Error('none is needed')),
  };
  const measurement = measurementWith(new SharedPings(prober));
  const { path, targetAnswers, plainPings } = measurement;
  path.extend(0, [shownBy(DESTINATION, A), shownBy(DESTINATION, B)]);
  path.extend(2, [shownBy(B, C), shownBy(B, SOURCE)]);
  await plainPings.replyOf(DESTINATION);
  const note = (target: Ipv4Address, distance: number | undefined): void => {
    const reading = { hops: [], stamps: [], isWhole: false };
    if (distance !== undefined) targetAnswers.noteAnswer({ target, sender: ip(2), distance, hops: [], reading });
  };
  note(DESTINATION, counts.destination);
  note(B, counts.b);
  const { hops, confidence } = checkedByDistances(measurement);
  return {
    trusts: hops.map(({ trust }) => trust),
    diverging: hops.flatMap(({ address, divergence }) => (divergence === undefined ? [] : [address])),
    confidence,
    isLessConfident: confidence < path.confidence,
    isMoreConfident: confidence > path.confidence,
    hopsAreMoreConfident: hops.every((hop, i) => hop.confidence >= path.hops[i].confidence),
    sourceConfidence: hops.at(-1)?.confidence === path.last.confidence,
  };
}
const FINE = { trusts: Array(5).fill('measured'), diverging: [], isLessConfident: false };

describe('the distances that answers have travelled', () => {
  it('leave a path alone that is as long as the way of its packets, or shorter because routers are hidden', async () => {
    for (const counts of [{}, { destination: 4, b: 2, plain: 4 }, { destination: 7, b: 3 }, { b: 5 }])
      expect(await check(counts)).toMatchObject(FINE);
  });

  it('put every hop in doubt when packets with options cross another number of links than plain ones', async () => {
    expect(await check({ destination: 5, plain: 4 })).toMatchObject({
      trusts: ['measured', ...Array(4).fill('inferred')],
      diverging: [A],
      isLessConfident: true,
      sourceConfidence: true,
    });
  });

  it('put the hops in doubt that packets of a later hop have shown, when those of the destination have a shorter way', async () => {
    const doubted = {
      trusts: ['measured', 'measured', 'measured', 'inferred', 'inferred'],
      diverging: [C],
      isLessConfident: true,
    };
    // Three links in all, to A, to B and to the source: C is not on the way.
    expect(await check({ destination: 3 })).toMatchObject(doubted);
    // B itself is five links away from the source, and the destination only six.
    expect(await check({ destination: 6, b: 5 })).toMatchObject(doubted);
  });

  it('make a path more likely that is as long as the way of its packets, and say nothing where that is unknown', async () => {
    for (const counts of [{ destination: 4, plain: 4 }, { destination: 6 }])
      expect(await check(counts)).toMatchObject({ isMoreConfident: true, hopsAreMoreConfident: true });
    expect(await check({})).toMatchObject({ isMoreConfident: false, isLessConfident: false });
    // The more routers are missing, the less the length says.
    const [none, many] = await Promise.all([check({ destination: 4 }), check({ destination: 12 })]);
    expect(many.confidence).toBeLessThan(none.confidence);
  });

  it('put the hops in doubt that later hops have shown, when plain pings of the destination have a shorter way', async () => {
    expect(await check({ plain: 3 })).toMatchObject({
      trusts: ['measured', 'measured', 'measured', 'inferred', 'inferred'],
      diverging: [C],
      isLessConfident: true,
    });
  });
});

describe('the distance of an assumed hop', () => {
  const assumed = (address: Ipv4Address, adjacent = true): Hop => ({
    address,
    technique: 'assumedInterdomain',
    trust: 'assumed',
    confidence: 0.7,
    evidence: { type: 'symmetry', target: DESTINATION, adjacent, isGateway: false, at: 0 },
  });
  const silent: Prober = {
    ping: async (request): Promise<PingResult> => ({ type: 'ping', request, sentAt: 0 }),
    traceroute: () => Promise.reject(new Error('none is needed')),
  };
  /** A measurement whose answers have crossed so many links. */
  const measuring = (distances: readonly (readonly [Ipv4Address, number])[], hops: readonly (readonly Hop[])[]) => {
    const measurement = measurementWith(new SharedPings(silent));
    const reading = { hops: [], stamps: [], isWhole: false };
    for (const [target, distance] of distances)
      measurement.targetAnswers.noteAnswer({ target, sender: ip(2), distance, hops: [], reading });
    for (const added of hops) measurement.path.extend(measurement.path.hops.length - 1, added);
    return measurement;
  };
  const confidenceOf = (own: number | undefined, adjacent = true): number => {
    const measurement = measuring(
      [[DESTINATION, 6], ...(own === undefined ? [] : [[A, own] as const])],
      [[assumed(A, adjacent)]],
    );
    weighAssumptions(measurement);
    return measurement.path.hops[1].confidence;
  };

  it('makes an assumption more likely that is one link nearer to the source, and less likely elsewhere', () => {
    expect(confidenceOf(undefined)).toBe(0.7);
    expect(confidenceOf(5)).toBeGreaterThan(0.9);
    for (const own of [3, 4, 6, 7]) expect(confidenceOf(own), String(own)).toBeLessThan(0.2);
  });

  it('is that of an expired packet which the hop has reported, where it has answered nothing else', () => {
    const reply = { from: A, icmpType: 11, icmpCode: 0, rttMs: 9 };
    const confidenceBy = (ttl: number): number => {
      const measurement = measuring([[DESTINATION, 6]], [[assumed(A)]]);
      measurement.plainPings.noteExpiry({ ...reply, ttl });
      weighAssumptions(measurement);
      return measurement.path.hops[1].confidence;
    };
    expect(confidenceBy(251)).toBeGreaterThan(0.9);
    expect(confidenceBy(250)).toBeLessThan(0.2);
  });

  it('leaves room for silent routers between', () => {
    expect(confidenceOf(4, false)).toBeGreaterThan(confidenceOf(5, false));
    expect(confidenceOf(6, false)).toBeLessThan(0.2);
  });

  it('does not contradict a router that shows its own address only behind one that identifies no router', () => {
    const shared = parseIpv4('10.0.0.1');
    const measurement = measuring(
      [
        [DESTINATION, 3],
        [A, 2],
      ],
      [[shownBy(DESTINATION, shared)], [assumed(A)], [shownBy(A, B), shownBy(A, SOURCE)]],
    );
    expect(firstOtherWay(measurement)).toBeUndefined();
  });
});
