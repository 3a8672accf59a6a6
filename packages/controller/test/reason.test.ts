import { describe, expect, it } from 'vitest';
import { reasonOf } from '../src/measurements/reason.ts';
import type { StoredHop } from '../src/measurements/stored-result.ts';

const hop = (evidence: StoredHop['evidence'], more: Partial<StoredHop> = {}): StoredHop => ({
  address: '5.0.0.9',
  technique: 'atlas',
  type: 3,
  trust: 'measured',
  confidence: 1,
  evidence,
  ...more,
});
const HOUR_MS = 3_600_000;

describe('reasons', () => {
  it.each([
    [hop({ type: 'destination' }), 'the destination that was asked for'],
    [
      hop(
        { type: 'recordRoute', slot: 6, sender: '1.1.1.1', target: '2.2.2.2', turn: 'stamp', at: 0 },
        { confirmedBy: ['3.3.3.3', '4.4.4.4'] },
      ),
      'seen in Record Route slot 7 of a ping from 1.1.1.1 to 2.2.2.2, confirmed by 3.3.3.3, 4.4.4.4',
    ],
    [
      hop({ type: 'atlas', match: 'alias', platform: 'ripeAtlas', origin: '1.1.1.1', met: '2.2.2.2', at: 7 * HOUR_MS }),
      'on a traceroute of the RIPE Atlas probe at 1.1.1.1, 3 hours old, met at 2.2.2.2 by an alias',
    ],
    [
      hop({ type: 'symmetry', target: '2.2.2.2', adjacent: false, isGateway: false, at: 0 }),
      'the router before 2.2.2.2 on the way there, with silent ones between',
    ],
    [
      hop({ type: 'timestamp', target: '2.2.2.2', sender: '1.1.1.1', proof: 'bothWays', at: 0 }),
      'stamps the time behind 2.2.2.2 in a ping from 1.1.1.1, on the way there and on the way back',
    ],
    [
      hop({ type: 'nearby', destination: '2.2.2.2', sender: '1.1.1.1', at: 0 }),
      'answers 1.1.1.1 in the /24 of 2.2.2.2, which is silent',
    ],
    [
      hop({ type: 'unfilledRecordRoute', target: '2.2.2.2', sender: '1.1.1.1', at: 0 }, { reusedAgeMs: 60_000 }),
      'slots were left when the answer of 2.2.2.2 to 1.1.1.1 was at the source; measured 1 minutes before',
    ],
  ])('are sentences for people: %#', (shown, sentence) => {
    expect(reasonOf(shown, 10 * HOUR_MS)).toBe(sentence);
  });
});
