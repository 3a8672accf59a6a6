import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIpv4 } from '@revtr/net';
import { SimulatedInternet, simParameters } from '@revtr/sim';
import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

const SMALL = ['--seed', '3', '--size', 'small'];

describe('revtr sim truth', () => {
  it('prints the path that the ground truth of the same Internet has', async () => {
    const { truth, places } = new SimulatedInternet({ parameters: simParameters('small', 3) });
    const [from, to] = [places.hitlist[0], places.hitlist[places.hitlist.length - 1]];
    const line = ['sim', 'truth', ...SMALL, '--from', formatIpv4(from), '--to', formatIpv4(to)];
    const { code, out } = await run([...line, '--json']);
    expect(code).toBe(0);
    const { reached, asPath, hops } = JSON.parse(out);
    expect(reached).toBe(true);
    expect([...new Set(hops.map(({ asn }: { asn: number }) => asn))]).toEqual(asPath);
    const { routers } = truth.path(from, to, 0);
    expect(hops.map(({ router }: { router: number }) => router)).toEqual(routers);
    const text = (await run(line)).out.trimEnd().split('\n');
    expect(text[0]).toBe(`True path from ${formatIpv4(from)} to ${formatIpv4(to)}`);
    expect(text.slice(1).map((row) => row.trim().split(/\s+/)[3])).toEqual(
      hops.map(({ addresses }: { addresses: string[] }) => addresses[0]),
    );
  });
});

describe('revtr sim datasets', () => {
  it('writes one file for each dataset, with the requested share of missing entries', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-sim-'));
    try {
      const write = async (missing: string): Promise<number> => {
        const { code, out } = await run([
          ...['sim', 'datasets', ...SMALL, '--out', directory, '--missing', missing, '--wrong', '0', '--json'],
        ]);
        expect(code).toBe(0);
        const written: { file: string; bytes: number }[] = JSON.parse(out);
        expect(written.map(({ file }) => file).sort()).toEqual(
          readdirSync(directory)
            .map((name) => join(directory, name))
            .sort(),
        );
        for (const { file, bytes } of written) expect(readFileSync(file)).toHaveLength(bytes);
        return readFileSync(join(directory, 'prefix2as'), 'utf8').split('\n').length;
      };
      const all = await write('0');
      const half = await write('0.5');
      expect(half / all).toBeGreaterThan(0.3);
      expect(half / all).toBeLessThan(0.7);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
