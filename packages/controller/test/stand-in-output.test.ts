import { emptyStats, type Hop, PrefixOrigins, type ReverseTraceroute } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import type { MeasurementRow } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { toRevtr } from '../src/api/v1/response.ts';
import { compactResult, readStoredResult, toStoredResult } from '../src/measurements/stored-result.ts';

const [SOURCE, DESTINATION, NEIGHBOUR, ROUTER] = ['5.0.0.1', '6.0.0.77', '6.0.0.1', '6.0.9.9'].map(parseIpv4);
const standIn = { address: NEIGHBOUR, scope: 'subnet' } as const;
const destination: Hop = {
  address: DESTINATION,
  technique: 'destination',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
};
const behind = (address: number, technique: Hop['technique']): Hop => ({
  address,
  technique,
  trust: 'inferred',
  confidence: 0.9,
  evidence: { type: 'recordRoute', target: NEIGHBOUR, sender: SOURCE, slot: 2, turn: 'stamp', at: 0 },
  standIn,
});
const result: ReverseTraceroute = {
  source: SOURCE,
  destination: DESTINATION,
  plan: 'default',
  stopReason: 'reaches',
  hops: [
    destination,
    behind(NEIGHBOUR, 'standInSubnet'),
    behind(ROUTER, 'standInPrefix'),
    behind(SOURCE, 'standInNetwork'),
  ],
  confidence: 0.8,
  measuredThrough: standIn,
  reused: { oldestAgeMs: 720_000 },
  startedAt: 1_000_000,
  endedAt: 1_000_100,
  stats: emptyStats(),
  attempts: [],
};
const facts = Object({ ipToAs: new PrefixOrigins([]) });

describe('the path of a stand-in', () => {
  const stored = readStoredResult(JSON.parse(JSON.stringify(compactResult(toStoredResult(result, facts)))));

  it('has neither techniques nor hop types of a measurement, and names the host', () => {
    expect(stored.hops.map(({ technique, type }) => [technique, type])).toEqual([
      ['destination', 1],
      ['standInSubnet', 11],
      ['standInPrefix', 12],
      ['standInNetwork', 12],
    ]);
    expect(stored.measuredThrough).toEqual({ address: '6.0.0.1', scope: 'subnet' });
    expect(stored.reused).toEqual({ oldestAgeMs: 720_000 });
  });

  it('is an assumption in version 1', () => {
    const row: MeasurementRow = Object({
      source: '5.0.0.1',
      destination: '6.0.0.77',
      id: 1,
      label: '',
      state: 'done',
      created_at: new Date(0),
      result: compactResult(toStoredResult(result, facts)),
    });
    expect(toRevtr(row, new Date(0)).path?.map(({ type }) => type)).toEqual([
      'DST_REV_SEGMENT',
      'DST_SYM_REV_SEGMENT',
      'DST_SYM_REV_SEGMENT',
      'DST_SYM_REV_SEGMENT',
    ]);
  });
});
