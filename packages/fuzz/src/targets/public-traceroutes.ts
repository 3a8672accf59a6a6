import { readFileSync } from 'node:fs';
import { DatasetError, readTraceroutes } from '@revtr/datasets';
import { bytesOf, ensure, inTwoChunks, type Target } from '../target.ts';

/** What the real sc_warts2json wrote: `packages/scamper/test/fixtures/record.sh`. */
const recorded = readFileSync(new URL('../../../scamper/test/fixtures/trace.jsonl', import.meta.url));
const LIMITS = { bytes: 2 ** 20, lineCharacters: 2 ** 16 };
const MOST_HOPS = 255;

const ripe = {
  fw: 5080,
  msm_id: 1,
  prb_id: 2,
  timestamp: 1_760_000_000,
  type: 'traceroute',
  from: '192.0.2.1',
  dst_addr: '198.51.100.1',
  af: 4,
  result: [
    { hop: 1, result: [{ from: '192.0.2.254', rtt: 1.5 }, { x: '*' }] },
    { hop: 255, result: [{ from: '198.51.100.1', rtt: 9 }] },
  ],
};
const probes = [{ ttl: 2, flowid: 1, replyc: 1, replies: [] }];
const tracelb = {
  type: 'tracelb',
  src: '192.0.2.1',
  dst: '198.51.100.1',
  start: { sec: 1_671_301_854, usec: 1 },
  nodes: [
    { addr: '203.0.113.1', links: [[{ addr: '203.0.113.2', probes }]] },
    { addr: '203.0.113.2', links: [[{ addr: '*', probes: [] }], [{ addr: '198.51.100.1', probes }]] },
  ],
};

/** Files of published traceroutes, of both kinds, without compression. What is read can be an atlas path. */
export const publicTraceroutes = (): Target => ({
  form: 'bytes',
  maxBytes: 8_192,
  seeds: [...[ripe, tracelb].map((line) => bytesOf(`${JSON.stringify(line)}\n`)), ...linesOf(recorded)],
  isExpected: (error) => error instanceof DatasetError,
  run: async (input) => {
    // Compressed files have targets of their own.
    if ((input[0] === 0x42 && input[1] === 0x5a) || input[0] === 0x1f) return;
    for await (const { traceroute } of readTraceroutes(inTwoChunks(input), { wants: () => true, limits: LIMITS })) {
      if (traceroute === undefined) continue;
      const { hops, target, at } = traceroute;
      ensure(hops.length >= 1 && hops.length <= MOST_HOPS, `${hops.length} hops`);
      ensure(hops.at(-1) === target, 'the last hop is not the target');
      ensure(Number.isFinite(at) && at >= 0, `the time is ${at}`);
    }
  },
});

const linesOf = (file: Uint8Array): Uint8Array[] =>
  Buffer.from(file)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.includes('"trace"'))
    .map((line) => bytesOf(line));
