import { parseIpv4 } from '@revtr/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTraceroute, type RipeTraceroute, readTraceroute } from '../src/index.ts';

/** The example of the contract, with every oddity of a packet in it. */
const EXAMPLE = {
  fw: 5080,
  mver: '2.6.2',
  lts: 28,
  endtime: 1700000042,
  dst_name: '192.0.2.10',
  ttr: 12.3,
  dst_addr: '192.0.2.10',
  src_addr: '10.0.0.5',
  proto: 'ICMP',
  af: 4,
  size: 48,
  paris_id: 1,
  result: [
    {
      hop: 1,
      result: [
        { from: '10.0.0.1', ttl: 64, size: 76, rtt: 0.519 },
        { x: '*' },
        { from: '10.0.0.1', ttl: 64, size: 76, rtt: 0.451 },
      ],
    },
    {
      hop: 2,
      result: [
        {
          from: '198.51.100.1',
          ttl: 254,
          size: 140,
          rtt: 3.2,
          icmpext: {
            version: 2,
            rfc4884: 1,
            obj: [{ class: 1, type: 1, mpls: [{ label: 1900, exp: 0, s: 1, ttl: 1 }] }],
          },
        },
        { late: 2, from: '198.51.100.77', ttl: 254, size: 28 },
        { dup: true, from: '198.51.100.78', ttl: 254, size: 28, rtt: 3.4 },
      ],
    },
    {
      hop: 3,
      result: [
        { from: '203.0.113.9', ttl: 250, size: 28, rtt: 12.0, err: 'H' },
        { from: '203.0.113.9', ttl: 250, size: 28, rtt: 12.1, mtu: 1400 },
        { error: 'sendto failed: Operation not permitted' },
      ],
    },
    { hop: 255, result: [{ x: '*' }, { x: '*' }, { x: '*' }] },
  ],
  msm_id: 123456789,
  prb_id: 6001,
  timestamp: 1700000030,
  msm_name: 'Traceroute',
  from: '198.51.100.77',
  type: 'traceroute',
  group_id: 123456789,
  stored_timestamp: 1700000050,
};

const ip = parseIpv4;
const read = (changes: object): RipeTraceroute => {
  const result = readTraceroute({ ...EXAMPLE, ...changes });
  if (!isTraceroute(result)) throw new Error(result.reason);
  return result;
};
const reason = (changes: object): string => {
  const result = readTraceroute({ ...EXAMPLE, ...changes });
  return isTraceroute(result) ? 'a traceroute' : result.reason;
};

describe('traceroute results of RIPE Atlas', () => {
  it('are read without late packets, duplicates and failures', () => {
    expect(read({})).toEqual({
      measurement: 123456789,
      probe: 6001,
      at: 1_700_000_030_000,
      from: ip('198.51.100.77'),
      target: ip('192.0.2.10'),
      hops: [
        { ttl: 1, from: ip('10.0.0.1'), rttMs: 0.451, labels: [] },
        { ttl: 2, from: ip('198.51.100.1'), rttMs: 3.2, labels: [1900] },
        { ttl: 3, from: ip('203.0.113.9'), rttMs: 12, labels: [] },
      ],
      isReached: false,
    });
  });

  it('have reached the target when it answered without an error', () => {
    const last = (...replies: object[]) => read({ result: [{ hop: 1, result: replies }] }).isReached;
    expect(last({ from: '192.0.2.10', rtt: 1 })).toBe(true);
    expect(last({ from: '192.0.2.10', rtt: 1, err: 'A' })).toBe(false);
    expect(last({ from: '192.0.2.10', rtt: 1, err: 13 }, { from: '192.0.2.10', rtt: 1 })).toBe(true);
    expect(last({ from: '192.0.2.11', rtt: 1 })).toBe(false);
    expect(last({ late: 1, from: '192.0.2.10' }, { x: '*' })).toBe(false);
  });

  it('keep the last-ditch packet only if the target answered it, after a silent hop', () => {
    const result = [
      { hop: 1, result: [{ from: '10.0.0.1', rtt: 1 }] },
      { hop: 2, result: [{ x: '*' }] },
      { hop: 255, result: [{ from: '192.0.2.10', rtt: 9 }] },
    ];
    const { hops, isReached } = read({ result });
    expect(hops.map(({ ttl, from }) => [ttl, from])).toEqual([
      [1, ip('10.0.0.1')],
      [2, undefined],
      [3, undefined],
      [4, ip('192.0.2.10')],
    ]);
    expect(isReached).toBe(true);
  });

  it('take the address that answered most packets of a hop', () => {
    const replies = [
      { from: '10.0.0.1', rtt: 3 },
      { from: '10.0.0.2', rtt: 2 },
      { from: '10.0.0.2', rtt: 1 },
    ];
    expect(read({ result: [{ hop: 1, result: replies }] }).hops).toEqual([
      { ttl: 1, from: ip('10.0.0.2'), rttMs: 1, labels: [] },
    ]);
  });

  it('of old firmware are read as well', () => {
    const { af: _, ...old } = EXAMPLE;
    const result = readTraceroute({ ...old, fw: 4400, pf: 4, proto: 'I', lts: -1 });
    expect(isTraceroute(result) && result.hops).toHaveLength(3);
  });

  it('report why they contain no traceroute', () => {
    expect(reason({ result: [{ error: 'connect failed: Network is unreachable' }] })).toContain('unreachable');
    expect(reason({ result: [{ hop: 1, error: 'connect failed: Network is unreachable' }] })).toContain('unreachable');
    expect(reason({ dst_addr: undefined, dnserr: 'non-recoverable failure' })).toContain('name resolution failed');
    expect(reason({ result: [{ error: 'name resolution failed: x' }] })).toContain('name resolution failed');
    expect(reason({ err: 'too few hops' })).toBe('too few hops');
    expect(reason({ af: 6 })).toBe('not IPv4');
    expect(reason({ fw: 1, result: 'a text' })).toContain('too old');
    expect(reason({ type: 'ping' })).toContain('not a traceroute');
    expect(readTraceroute({ prb_id: 7 })).toMatchObject({ probe: 7 });
  });

  it('never throw, for any input', () => {
    const survives = (json: unknown): void => {
      expect(readTraceroute(json)).toBeDefined();
    };
    survives(JSON.parse(JSON.stringify({ ...EXAMPLE, fw: { toString: 1, valueOf: 1 } })));
    survives({ ...EXAMPLE, result: [{ hop: 1, result: Array(300_000).fill({ from: '10.0.0.1', rtt: 1 }) }] });
    expect(reason({ err: 'x'.repeat(1_000_000) })).toHaveLength(500);
    expect(reason({ timestamp: 1e300 })).toContain('not a traceroute');
    fc.assert(fc.property(fc.anything(), survives));
    const reply = fc.oneof(fc.record({ from: fc.string(), rtt: fc.float() }), fc.constant({ x: '*' }), fc.anything());
    const hops = fc.array(fc.record({ hop: fc.anything(), result: fc.array(reply) }));
    fc.assert(fc.property(hops, (result) => survives({ ...EXAMPLE, result })));
  });
});
