import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revtr as runRevtr } from './revtr.ts';
import { startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
const directory = mkdtempSync(join(tmpdir(), 'revtr-cli-'));
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(async () => {
  await system.stop();
  rmSync(directory, { recursive: true });
});

const revtr = (...args: string[]) => runRevtr(system, args);

describe('revtr data', () => {
  const file = (name: string): string => join(directory, name);
  /** Networks of the hops of a new measurement. */
  const networks = async (destination: string): Promise<Set<number>> => {
    const { out } = await revtr('measure', destination, '--to', system.source, '--json');
    const hops: { readonly asn?: number }[] = JSON.parse(out).result.hops;
    return new Set(hops.flatMap(({ asn }) => asn ?? []));
  };

  it('shows the datasets in use', async () => {
    const { code, out } = await revtr('data', 'status');
    expect(code).toBe(0);
    expect(out).toMatch(/prefix2as +\d+ .*directory/);
    expect(out).toMatch(/mmdb +- +- +not available/);
    const [first] = JSON.parse((await revtr('data', 'status', '--json')).out);
    expect(first).toMatchObject({
      kind: 'prefix2as',
      hasSource: false,
      current: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('imports the files that a simulated Internet writes', async () => {
    const perfect = await revtr(
      'sim',
      'datasets',
      '--size',
      'small',
      '--seed',
      '3',
      '--out',
      directory,
      '--missing',
      '0',
      '--wrong',
      '0',
    );
    expect(perfect.code).toBe(0);
    const kinds = readdirSync(directory);
    expect(kinds).toHaveLength(11);
    for (const kind of kinds)
      expect([kind, await revtr('data', 'import', kind, file(kind))]).toMatchObject([kind, { code: 0 }]);
  });

  it('replaces a dataset without a restart; later measurements use it', async () => {
    expect(await networks(system.destinations[0])).not.toEqual(new Set([64_500]));
    writeFileSync(file('all.gz'), gzipSync('1.0.0.0\t8\t64500\n'));
    const refused = await revtr('data', 'import', 'prefix2as', file('all.gz'));
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('has 1 entries')]);
    expect((await revtr('data', 'import', 'prefix2as', file('all.gz'), '--may-shrink')).out).toBe(
      'prefix2as: 1 entries in use\n',
    );
    // Addresses on exchanges are named by a dataset of their own.
    expect((await networks(system.destinations[1])).has(64_500)).toBe(true);
  });

  it('keeps the dataset in use when a file is invalid, and says why', async () => {
    writeFileSync(file('bad'), '1.0.0.0\t8\t1\nnonsense\n');
    const bad = await revtr('data', 'import', 'prefix2as', file('bad'));
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('line 2')]);
    const { out } = await revtr('data', 'status');
    expect(out).toMatch(/prefix2as +1 .*import\n[\s\S]*prefix2as was not replaced, .*line 2/);
    const hash = await revtr('data', 'import', 'prefix2as', file('all.gz'), '--sha256', '0'.repeat(64));
    expect([hash.code, hash.err]).toEqual([2, expect.stringContaining('has SHA-256')]);
  });

  it('says where download addresses are configured', async () => {
    expect((await revtr('data', 'update')).err).toContain('REVTR_DATASET_SOURCES');
    expect((await revtr('data', 'update', 'prefix2as')).err).toContain('no address is set');
  });
});

describe('revtr atlas', () => {
  it('measures, shows and deletes the atlas of a source', async () => {
    const estimate = await revtr('atlas', 'estimate', system.source);
    expect(estimate.out).toBe('0 RIPE Atlas probes, 0 credits: no credits\n');
    const run = await revtr('atlas', 'run', system.source, '--wait');
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out).toMatch(
      /run \d+, .*, asked: done: \d+ of \d+ traceroutes arrived, \d+ hops answered Record Route\n/,
    );
    const shown = await revtr('atlas', 'show', system.source);
    expect(shown.out).toMatch(/paths: \d+ of RIPE Atlas, \d+ of vantage points, \d+ learned from measurements/);
    expect(shown.out).toMatch(/age: .* newest, .* median, .* oldest/);
    expect(JSON.parse((await revtr('atlas', 'show', system.source, '--json')).out).runs[0].state).toBe('done');
    expect((await revtr('atlas', 'cancel', system.source)).err).toContain('no run is under way');
    const ripeKey = { environment: { RIPE_ATLAS_KEY: 'x' } };
    expect((await runRevtr(system, ['atlas', 'run', system.source], ripeKey)).err).toContain('does not use RIPE Atlas');
    expect((await revtr('atlas', 'clean', system.source)).code).toBe(0);
    expect((await revtr('atlas', 'show', system.source)).out).toContain(
      'paths: 0 of RIPE Atlas, 0 of vantage points, 0 learned',
    );
    expect((await revtr('atlas', 'show', '9.9.9.9')).err).toContain('no source of yours');
  });
});
