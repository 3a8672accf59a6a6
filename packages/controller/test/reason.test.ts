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
    [hop({ type: 'destination' }), 'the requested destination'],
    [
      hop(
        { type: 'recordRoute', slot: 6, sender: '1.1.1.1', target: '2.2.2.2', turn: 'stamp', at: 0 },
        { confirmedBy: ['3.3.3.3', '4.4.4.4'] },
      ),
      'seen in Record Route slot 7 of a ping from 1.1.1.1 to 2.2.2.2, confirmed by 3.3.3.3, 4.4.4.4',
    ],
    [
      hop({ type: 'atlas', match: 'alias', platform: 'ripeAtlas', origin: '1.1.1.1', met: '2.2.2.2', at: 7 * HOUR_MS }),
      'on a traceroute of the RIPE Atlas probe at 1.1.1.1, taken 3 hours before this measurement, met at 2.2.2.2 by an alias',
    ],
    [
      hop({ type: 'symmetry', target: '2.2.2.2', adjacent: false, isGateway: false, at: 0 }),
      'the router before 2.2.2.2 on the forward path, with silent routers in between',
    ],
    [
      hop({ type: 'timestamp', target: '2.2.2.2', sender: '1.1.1.1', proof: 'bothWays', at: 0 }),
      'stamped the time after 2.2.2.2 in a ping from 1.1.1.1, on the forward path and on the reverse path',
    ],
    [
      hop(
        { type: 'recordRoute', slot: 2, sender: '1.1.1.1', target: '2.2.2.1', turn: 'stamp', at: 0 },
        { technique: 'standInSubnet', type: 11 },
      ),
      'seen in Record Route slot 3 of a ping from 1.1.1.1 to 2.2.2.1, which stands in for the destination',
    ],
    [
      hop(
        {
          type: 'proxy',
          destination: '2.2.2.2',
          scope: 'prefix',
          platform: 'ripeAtlas',
          origin: '2.2.9.9',
          at: 9 * HOUR_MS,
          isAsLong: false,
        },
        { technique: 'standInPrefix', type: 12 },
      ),
      'on a traceroute of the RIPE Atlas probe at 2.2.9.9, which is in the same prefix as 2.2.2.2, taken 60 minutes before this measurement; its path is longer or shorter than that of the destination',
    ],
    [
      hop({ type: 'nearby', destination: '2.2.2.2', sender: '1.1.1.1', at: 0 }),
      'answered 1.1.1.1; it is in the /24 of 2.2.2.2, which did not answer',
    ],
    [
      hop({ type: 'unfilledRecordRoute', target: '2.2.2.2', sender: '1.1.1.1', at: 0 }, { reusedAgeMs: 60_000 }),
      'the answer of 2.2.2.2 to 1.1.1.1 reached the source with free slots; found 1 minute before this measurement',
    ],
  ])('explain the evidence of a hop in a sentence: %#', (shown, sentence) => {
    expect(reasonOf(shown, 10 * HOUR_MS)).toBe(sentence);
  });
});
