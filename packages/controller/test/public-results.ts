import type { PublicHop, PublicResult } from '../src/publications/public-result.ts';

const NO_PROBES = {
  recordRoutePings: 0,
  spoofedRecordRoutePings: 0,
  timestampPings: 0,
  spoofedTimestampPings: 0,
  plainPings: 0,
  traceroutes: 0,
  tracerouteProbes: 0,
  recordRouteRounds: 0,
  spoofedRecordRouteRounds: 0,
  atlasQueries: 0,
  recordRouteMs: 0,
  spoofedRecordRouteMs: 0,
  atlasMs: 0,
  symmetryMs: 0,
};

const hop = (
  address: string,
  technique: PublicHop['technique'],
  trust: PublicHop['trust'],
  asn: number | undefined,
  asName: string | undefined,
  rttMs: number | undefined,
  more: Partial<PublicHop> = {},
): PublicHop => ({
  address,
  technique,
  trust,
  confidence: trust === 'measured' ? 0.99 : 0.57,
  ...(asn !== undefined && { asn }),
  ...(asName !== undefined && { asName }),
  ...(rttMs !== undefined && { rttMs }),
  ...more,
});

/** The path of the design: four networks, several techniques, a jump of the round-trip time. */
export const EXAMPLE: PublicResult = {
  source: '203.0.113.80',
  destination: '192.0.2.7',
  publishedAt: '2026-01-02T12:00:00.000Z',
  result: {
    stopReason: 'reaches',
    startedAt: Date.UTC(2026, 0, 2, 11, 58),
    endedAt: Date.UTC(2026, 0, 2, 11, 58, 3),
    confidence: 0.83,
    stats: NO_PROBES,
    hops: [
      hop('192.0.2.7', 'destination', 'measured', 64500, 'Example Telecom', 219.4, { name: 'host.example.net' }),
      hop('192.0.2.1', 'recordRoute', 'measured', 64500, 'Example Telecom', 218.9, { name: 'gw1.fra.example.net' }),
      hop('198.51.100.9', 'spoofedRecordRoute', 'measured', 64501, 'Transit One, a network with a long name', 212.2, {
        name: 'ae1.ams.transit-with-a-name-that-is-rather-long.example.net',
      }),
      hop('198.51.100.33', 'assumedIntradomain', 'assumed', 64501, 'Transit One, a network with a long name', 79.9),
      hop('10.1.2.3', 'assumedInterdomain', 'assumed', undefined, undefined, 79.6, {
        alternatives: ['10.1.2.4', '10.1.2.5'],
        divergence: 'loadBalancing',
      }),
      hop('203.0.113.1', 'atlas', 'inferred', 64503, 'Your network', 1.2, { name: 'core1.nyc.example.org' }),
      hop('203.0.113.80', 'atlas', 'inferred', 64503, 'Your network', undefined),
    ],
  },
};

/** A path that passes `count` networks and does not reach its source. */
export function longPath(count: number): PublicResult {
  const { result } = EXAMPLE;
  const hops = Array.from({ length: count }, (_, i) =>
    hop(`198.51.${i >> 8}.${i & 255}`, 'recordRoute', 'measured', 65000 + i, `Network ${i}`, 10 * i),
  );
  const failReason = { code: 'noHops', message: 'no technique found a hop', hop: '198.51.100.1' };
  return { ...EXAMPLE, result: { ...result, stopReason: 'failed', failReason, hops } };
}

/** The example with `text` wherever others choose a text. */
export function withText(text: string): PublicResult {
  const { result } = EXAMPLE;
  const hops = result.hops.map((each) => ({ ...each, name: text, ...(each.asn !== undefined && { asName: text }) }));
  return { ...EXAMPLE, result: { ...result, hops } };
}
