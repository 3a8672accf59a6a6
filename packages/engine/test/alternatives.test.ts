import { parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AliasSets, type Hop, type ReadAnswer } from '../src/index.ts';
import { bestAnswer, withAlternatives } from '../src/techniques/record-route/best-answer.ts';

const ip = (last: number): number => parseIpv4(`5.0.0.${last}`);
const answer = (sender: number, hops: number[], isWhole = false): ReadAnswer => ({
  target: ip(250),
  sender: ip(sender),
  distance: 9,
  hops: hops.map(
    (last): Hop => ({
      address: ip(last),
      technique: 'spoofedRecordRoute',
      trust: 'measured',
      confidence: 1,
      evidence: { type: 'destination' },
    }),
  ),
  reading: { hops: [], isWhole, stamps: [] },
});

describe('several answers of one round', () => {
  it('are ordered by how far they lead: to the source first, then by length', () => {
    const [near, far, whole, none] = [
      answer(1, [10]),
      answer(2, [10, 11, 12]),
      answer(3, [10, 200], true),
      answer(4, [], true),
    ];
    expect(bestAnswer([near, far])).toBe(far);
    expect(bestAnswer([near, far, whole, none])).toBe(whole);
    expect(bestAnswer([none])).toBeUndefined();
  });

  it('show only routers in the same place that are not on the path', () => {
    const aliases = new AliasSets([[ip(11), ip(111)]]);
    const best = answer(1, [10, 11, 12, 13]);
    const others = [answer(2, [10, 111, 22]), answer(3, [30, 12]), answer(4, [10, 11, 13])];
    const shown = withAlternatives(best, [best, ...others], aliases).map(({ alternatives }) => alternatives);
    expect(shown).toEqual([[ip(30)], undefined, [ip(22)], undefined]);
  });
});
