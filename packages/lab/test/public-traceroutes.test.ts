import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revtr as runRevtr } from './revtr.ts';
import { startTestSystem, type TestSystem } from './system.ts';

const directory = mkdtempSync(join(tmpdir(), 'revtr-import-'));
let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(async () => {
  await system.stop();
  rmSync(directory, { recursive: true });
});

const revtr = (...args: string[]) => runRevtr(system, args);

describe('revtr admin atlas import', () => {
  /** A traceroute of a RIPE Atlas probe to a neighbour of the source, by a path that is already in the atlas. */
  const lineFrom = (origin: string, hops: readonly (string | undefined)[], at: number): string => {
    const neighbour = formatIpv4(parseIpv4(system.source) ^ 1);
    const result = [...hops, neighbour].map((from, i) => ({
      hop: i + 1,
      result: [from === undefined ? { x: '*' } : { from, rtt: i + 1 }],
    }));
    const ids = { fw: 5080, msm_id: 1, prb_id: 1, af: 4, type: 'traceroute' };
    return JSON.stringify({ ...ids, from: origin, dst_addr: neighbour, timestamp: Math.floor(at / 1_000), result });
  };

  it('adds what a dump has of the /24 of a source, once, and shows it in the atlas', async () => {
    const { prober, internet, vantagePoints } = system.world;
    const request = { sender: vantagePoints[0], target: parseIpv4(system.source), timeoutMs: 2_000 };
    const seen = await prober.traceroute({ type: 'traceroute', ...request });
    const hops = seen.hops.slice(0, -1).map(({ from }) => (from === undefined ? undefined : formatIpv4(from)));
    const clock = internet.clock.now();
    const lines = [
      lineFrom('198.51.100.7', hops, clock),
      '{"type":"traceroute","dst_addr":"203.0.113.5"}',
      lineFrom('198.51.100.8', hops, clock),
    ];
    const file = join(directory, 'traceroutes.json.gz');
    writeFileSync(file, gzipSync(lines.join('\n')));
    const first = await revtr('admin', 'atlas', 'import', file, '--json');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(first.out)).toMatchObject([{ lines: 3, added: 2, known: 0 }]);
    expect((await revtr('admin', 'atlas', 'import', file)).out).toContain('0 paths added, 2 known');
    expect(JSON.parse((await revtr('atlas', 'show', system.source, '--json')).out).paths.publicTraceroute).toBe(2);
  });
});
