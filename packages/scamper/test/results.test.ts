import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { PingRequest, TracerouteRequest } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { ScamperError, WartsDecoder } from '../src/index.ts';
import { recordedReply, toTracerouteResult } from '../src/prober/results.ts';
import { fixture } from './fixtures.ts';

interface JudgedHop {
  readonly addr: string;
  readonly probe_ttl: number;
  readonly rtt: number;
}

/** The records of a file by what `sc_warts2json` prints for them. */
const judged = (name: string): Record<string, unknown>[] =>
  Buffer.from(fixture(`${name}.jsonl`))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === name);

const records = (name: string) => new WartsDecoder().push(fixture(`${name}.warts`));
const target = parseIpv4('10.3.0.2');
const sender = parseIpv4('10.1.0.1');

describe('recordedReply', () => {
  const request: PingRequest = { type: 'ping', sender, target, timeoutMs: 1_000 };

  it('has the first reply that sc_warts2json prints', () => {
    const pings = records('ping').filter((record) => record.type === 'ping');
    const replies = pings.map((ping) => recordedReply({ ...request, option: { type: 'recordRoute', slots: 9 } }, ping));
    const expected = judged('ping').map(({ responses }) => (responses as Record<string, unknown>[])[0]);
    expect(replies.map((reply) => reply && formatIpv4(reply.from))).toEqual(expected.map((first) => first?.from));
    expect(replies.map((reply) => reply?.ttl)).toEqual(expected.map((first) => first?.reply_ttl));
    expect(replies.map((reply) => reply?.rttMs)).toEqual(expected.map((first) => first?.rtt));
    expect(replies.map((reply) => reply?.recordRoute?.map(formatIpv4))).toEqual(expected.map((first) => first?.RR));
    expect(replies.filter((reply) => reply === undefined)).not.toHaveLength(0);
  });

  it('fails with a ScamperError when an address is not IPv4', () => {
    const from = '2001:db8:0:0:0:0:0:1';
    expect(() => recordedReply(request, { type: 'ping', replies: [{ from }] })).toThrow(ScamperError);
    const stamped = { from: '10.3.0.2', recordRoute: [from] };
    const option = { type: 'recordRoute', slots: 9 } as const;
    expect(() => recordedReply({ ...request, option }, { type: 'ping', replies: [stamped] })).toThrow(ScamperError);
  });
});

describe('toTracerouteResult', () => {
  const request: TracerouteRequest = { type: 'traceroute', sender, target, timeoutMs: 1_000, flow: 1 };

  it('has the hops that sc_warts2json prints, and an entry for each silent hop', () => {
    const traces = records('trace').filter((record) => record.type === 'trace');
    const expected = judged('trace');
    expect(traces).toHaveLength(expected.length);
    for (const [i, trace] of traces.entries()) {
      const firstHop = trace.firstHop ?? 1;
      const result = toTracerouteResult({ ...request, firstHop }, trace, { startedAt: 0, endedAt: 1 });
      const answered = result.hops.flatMap(({ ttl, from, rttMs }) =>
        from === undefined ? [] : [{ probe_ttl: ttl, addr: formatIpv4(from), rtt: rttMs }],
      );
      const firsts = new Map<number, JudgedHop>();
      for (const hop of (expected[i].hops ?? []) as JudgedHop[])
        if (!firsts.has(hop.probe_ttl)) firsts.set(hop.probe_ttl, hop);
      expect(answered).toEqual([...firsts.values()].map(({ addr, probe_ttl, rtt }) => ({ probe_ttl, addr, rtt })));
      expect(result.hops.map(({ ttl }) => ttl)).toEqual(
        Array.from({ length: Number(expected[i].hop_count) - firstHop + 1 }, (_, hop) => firstHop + hop),
      );
      expect(result.probesSent).toBe(expected[i].probe_count);
    }
    expect(traces.map((trace) => toTracerouteResult(request, trace, { startedAt: 0, endedAt: 1 }).stop)).toEqual(
      expected.map(
        ({ stop_reason }) => ({ COMPLETED: 'completed', LOOP: 'loop', HOPLIMIT: 'hopLimit' })[String(stop_reason)],
      ),
    );
  });

  it('has no more hops than the request allows, whatever the record declares', () => {
    const hops = [{ probeTtl: 2, from: '10.3.0.1' }, ...Array.from({ length: 65_534 }, () => ({}))];
    const trace = { type: 'trace', hopCount: 65_535, stopReason: 5, hops } as const;
    const result = toTracerouteResult({ ...request, maxHops: 32 }, trace, { startedAt: 0, endedAt: 1 });
    expect(result.hops).toEqual(
      Array.from({ length: 32 }, (_, i) =>
        i === 1 ? { ttl: 2, from: parseIpv4('10.3.0.1'), rttMs: 0 } : { ttl: i + 1 },
      ),
    );
    expect(result.stop).toBe('hopLimit');
  });
});
