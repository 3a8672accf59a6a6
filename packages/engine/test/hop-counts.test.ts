import type { Ipv4Address } from '@revtr/net';
import type { PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { checkedByHopCounts } from '../src/checks/hop-counts.ts';
import { type Hop, SharedPings } from '../src/index.ts';
import { hopCountOf } from '../src/measurement/hop-count.ts';
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
      return { type: 'ping', request, sentAt: 0, ...(plain !== undefined && { reply: { ...reply, ttl: 64 - plain } }) };
    },
    traceroute: () => Promise.reject(new Error('none is needed')),
  };
  const measurement = measurementWith(new SharedPings(prober));
  const { path, targetAnswers, plainPings } = measurement;
  path.extend(0, [shownBy(DESTINATION, A), shownBy(DESTINATION, B)]);
  path.extend(2, [shownBy(B, C), shownBy(B, SOURCE)]);
  await plainPings.ask(DESTINATION);
  const note = (target: Ipv4Address, hopCount: number | undefined): void => {
    const reading = { hops: [], isWhole: false };
    if (hopCount !== undefined) targetAnswers.noteAnswer({ target, sender: ip(2), hops: [], reading, hopCount });
  };
  note(DESTINATION, counts.destination);
  note(B, counts.b);
  const { hops, confidence } = checkedByHopCounts(measurement);
  return {
    trusts: hops.map(({ trust }) => trust),
    diverging: hops.flatMap(({ address, divergence }) => (divergence === undefined ? [] : [address])),
    isLessConfident: confidence < path.confidence,
    sourceConfidence: hops.at(-1)?.confidence === path.last.confidence,
  };
}
const FINE = { trusts: Array(5).fill('measured'), diverging: [], isLessConfident: false };

describe('hop counts', () => {
  it('are told by the TTL of an answer, from the next higher initial TTL', () => {
    expect([64, 60, 128, 120, 255, 240].map(hopCountOf)).toEqual([0, 4, 0, 8, 0, 15]);
  });

  it('leave a path alone that is as long as the way of its packets, or shorter because routers are hidden', async () => {
    for (const counts of [{}, { destination: 3, b: 1, plain: 3 }, { destination: 6, b: 2 }, { b: 4 }])
      expect(await check(counts)).toMatchObject(FINE);
  });

  it('put every hop in doubt when packets with options pass another number of routers than plain ones', async () => {
    expect(await check({ destination: 4, plain: 3 })).toEqual({
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
    // Two routers in all, of which A and B are known: C is not on the way.
    expect(await check({ destination: 2 })).toMatchObject(doubted);
    // B itself is four routers away from the source, and the destination only five.
    expect(await check({ destination: 5, b: 4 })).toMatchObject(doubted);
  });
});
