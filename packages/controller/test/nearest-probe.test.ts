import { parseIpv4 } from '@revtr/net';
import type { RipeProbe } from '@revtr/ripe-atlas';
import { describe, expect, it } from 'vitest';
import { nearestProbe } from '../src/atlas/nearest-probe.ts';

const probe = (id: number, asn: number, address: string | null, isConnected = true): RipeProbe => ({
  id,
  address,
  asn,
  prefix: null,
  country: null,
  place: null,
  isAnchor: false,
  isConnected,
  tags: [],
});
const NEAR = parseIpv4('192.0.2.10');

describe('the probe to ask for a traceroute', () => {
  const probes = [
    probe(1, 64_500, '192.0.7.1'),
    probe(2, 64_500, '192.0.2.200'),
    probe(3, 64_500, '192.0.2.11', false),
    probe(4, 64_501, '192.0.2.11'),
    probe(5, 64_500, null),
  ];
  const choose = (avoid: readonly number[], asn = 64_500) => nearestProbe(probes, NEAR, asn, new Set(avoid))?.id;

  it('is the connected one in the network whose address is most like the hop, and one without an address last', () => {
    expect([choose([]), choose([2]), choose([1, 2]), choose([1, 2, 5])]).toEqual([2, 1, 5, undefined]);
  });

  it('is none where the network has no probe', () => {
    expect(choose([], 64_502)).toBeUndefined();
  });
});
