import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { type PublicTraceroute, type ReadTraceroutesOptions, readTraceroutes } from '../src/index.ts';

const TARGET = '192.0.2.10';
const SUBNET = parseIpv4(TARGET) >>> 8;
const wants = (target: number): boolean => target >>> 8 === SUBNET;

/** A line of a daily dump of RIPE Atlas. */
const ripeLine = (changes: object = {}): string =>
  JSON.stringify({
    fw: 5080,
    dst_addr: TARGET,
    from: '198.51.100.7',
    af: 4,
    msm_id: 5051,
    prb_id: 1,
    timestamp: 1_700_000_000,
    type: 'traceroute',
    result: [
      { hop: 1, result: [{ from: '198.51.100.1', rtt: 1, ttl: 64, size: 28 }] },
      { hop: 2, result: [{ x: '*' }, { x: '*' }] },
      { hop: 3, result: [{ from: TARGET, rtt: 9, ttl: 60, size: 28 }] },
    ],
    ...changes,
  });

const probe = (flowid: number, replyc = 1) => ({ ttl: 2, attempt: 0, flowid, replyc, replies: [] });
const link = (addr: string, ...flows: number[]) => ({ addr, probes: flows.map((flow) => probe(flow)) });
/** A file of M-Lab's data type scamper1: metadata, the cycle, and the tracelb. Its second router balances over two others. */
const mlabLines = (links: object[][] = [[link('203.0.113.3', 2), link('203.0.113.4', 1)]]): string[] =>
  [
    { UUID: 'ndt-1', TracerouteCallerVersion: 'd84ea3d', CachedResult: true, CachedUUID: 'ndt-2' },
    { type: 'cycle-start', list_name: 'default', id: 0, hostname: 'ndt', start_time: 1_671_301_854 },
    {
      type: 'tracelb',
      version: '0.1',
      method: 'icmp-echo',
      src: '198.51.100.20',
      dst: TARGET,
      start: { sec: 1_671_301_854, usec: 558_600, ftime: '2022-12-17 18:30:54' },
      nodes: [
        { addr: '203.0.113.1', q_ttl: 1, linkc: 1, links: [[link('203.0.113.2', 1, 2)]] },
        { addr: '203.0.113.2', q_ttl: 1, linkc: 2, links },
        { addr: '203.0.113.3', q_ttl: 1, linkc: 1, links: [[link(TARGET, 2)]] },
        { addr: '203.0.113.4', q_ttl: 1, linkc: 1, links: [[{ addr: '*', probes: [probe(1, 0)] }], [link(TARGET, 1)]] },
      ],
    },
    { type: 'cycle-stop', list_name: 'default', id: 0, hostname: 'ndt', stop_time: 1_671_301_856 },
  ].map((line) => JSON.stringify(line));

async function read(
  file: string | Uint8Array,
  options: Partial<ReadTraceroutesOptions> = {},
): Promise<(PublicTraceroute & { readonly line: number })[]> {
  const found = [];
  const content = Readable.from([Buffer.from(file)]);
  for await (const { number, traceroute } of readTraceroutes(content, { wants, ...options }))
    if (traceroute !== undefined) found.push({ ...traceroute, line: number });
  return found;
}
const textsOf = ({ hops }: PublicTraceroute): (string | undefined)[] =>
  hops.map((hop) => (hop === undefined ? undefined : formatIpv4(hop)));

describe('published traceroutes', () => {
  it('are results of RIPE Atlas, compressed or not', async () => {
    const lines = [ripeLine(), ripeLine({ timestamp: 1_700_000_060 })].join('\n');
    for (const file of [lines, gzipSync(lines)]) {
      const [first, second] = await read(file);
      expect(first).toMatchObject({ at: 1_700_000_000_000, line: 1, origin: parseIpv4('198.51.100.7') });
      expect(textsOf(first)).toEqual(['198.51.100.1', undefined, TARGET]);
      expect(second).toMatchObject({ at: 1_700_000_060_000, line: 2, target: parseIpv4(TARGET) });
    }
  });

  it('are traceroutes that sc_warts2json has written', async () => {
    const file = readFileSync(new URL('../../scamper/test/fixtures/trace.jsonl', import.meta.url), 'utf8');
    const [traced] = await read(file, { wants: () => true });
    const written = file.split('\n').flatMap((line) => (line.includes('"type":"trace"') ? [JSON.parse(line)] : []))[0];
    expect(formatIpv4(traced.origin)).toBe(written.src);
    expect(formatIpv4(traced.target)).toBe(written.dst);
    expect(textsOf(traced).at(-1)).toBe(written.dst);
    for (const { addr, probe_ttl } of written.hops) expect(textsOf(traced)[probe_ttl - 1]).toBe(addr);
  });

  it('are one flow of the load-balanced traceroutes of M-Lab, with routers that did not answer', async () => {
    const [traced] = await read(mlabLines().join('\n'));
    expect(textsOf(traced)).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.4', undefined, TARGET]);
    expect(traced).toMatchObject({ at: 1_671_301_854_000, origin: parseIpv4('198.51.100.20'), line: 3 });
  });

  it('have reached their target', async () => {
    const unreached = ripeLine({ result: [{ hop: 1, result: [{ from: '198.51.100.1', rtt: 1 }] }] });
    expect(await read([unreached, ...mlabLines([[{ addr: '*', probes: [] }]])].join('\n'))).toEqual([]);
  });

  it('lead to a wanted target, by what the line says to a parser and not by what it looks like', async () => {
    const elsewhere = ripeLine({ dst_addr: '203.0.113.200' });
    const disguised = `{"x":{"dst_addr":"${TARGET}"},${elsewhere.slice(1)}`;
    expect(await read([elsewhere, disguised].join('\n'))).toEqual([]);
  });

  it('are counted by line, so that a reader can continue after a part', async () => {
    const lines = [ripeLine(), 'nonsense', '', `{"dst_addr":"${TARGET}"`, ripeLine({ prb_id: 2 })].join('\n');
    expect((await read(lines)).map(({ line }) => line)).toEqual([1, 5]);
    expect((await read(lines, { skipLines: 1 })).map(({ line }) => line)).toEqual([5]);
  });

  it('come from files with limits', async () => {
    const limits = { bytes: 2_000, lineCharacters: 1_000 };
    const read1 = (file: string) => read(file, { limits });
    await expect(read1('x'.repeat(1_001))).rejects.toMatchObject({ code: 'tooLarge' });
    await expect(read1('x\n'.repeat(1_001))).rejects.toMatchObject({ code: 'tooLarge' });
    const cut = gzipSync(ripeLine()).subarray(0, 100);
    await expect(read(cut)).rejects.toMatchObject({ code: 'truncated' });
  });

  it('cannot loop for ever', async () => {
    const loop = [[link('203.0.113.1', 1)]];
    expect(await read(mlabLines(loop).join('\n'))).toEqual([]);
  });
});
