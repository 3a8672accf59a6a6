import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('revtr admin import-mysql', () => {
  const dump = join(directory, 'all.sql.gz');
  const statusOf = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${system.url}/api/v1/${path}`, { headers })).status;

  it('imports what mysqldump wrote of revtr 2.0, once, after showing what it would import', async () => {
    // The dump is older than the simulated Internet: its times move, so that the newest traceroutes are an hour old.
    const later = system.world.internet.clock.now() - 3_600_000 - Date.parse('2026-11-25T10:00:00Z');
    const moved = readFileSync(
      new URL('../../datasets/test/fixtures/mysql/all.sql', import.meta.url),
      'latin1',
    ).replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?=')/g, (time) =>
      new Date(Date.parse(`${time.replace(' ', 'T')}Z`) + later + 2 * 3_600_000)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' '),
    );
    writeFileSync(dump, gzipSync(Buffer.from(moved, 'latin1')));
    const agents = async () => JSON.parse((await revtr('agents', '--json')).out).length;
    const before = await agents();
    const args = ['admin', 'import-mysql', dump, '--utc-offset', '+02:00'];
    const dry = await revtr(...args, '--dry-run', '--json');
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(await agents()).toBe(before);
    expect(await statusOf('sources', { 'Revtr-Key': '0123456789abcdef0123456789abcdef' })).toBe(401);
    const first = await revtr(...args, '--json');
    const { isDryRun, ...done } = JSON.parse(first.out);
    expect(JSON.parse(dry.out)).toEqual({ isDryRun: true, ...done });
    expect(isDryRun).toBe(false);
    const added = { outcome: 'added', reason: '' };
    expect(done.users).toEqual([
      { name: 'ada@example.org', ...added, keys: 3 },
      { name: 'quote@example.org', ...added, keys: 1 },
      { name: 'zoe@example.net', ...added, keys: 0 },
      { name: 'nokey@example.org', ...added, keys: 0 },
      { name: 'prober@example.org', ...added, keys: 1 },
      { name: 'owner@example.com', ...added, keys: 0 },
      { name: 'nat@example.com', ...added, keys: 0 },
    ]);
    expect(done.sources).toEqual([
      { name: '5.17.1.1', ...added },
      { name: '5.17.2.1', ...added },
      { name: '5.17.3.1', ...added },
      { name: '10.0.0.5', outcome: 'refused', reason: expect.stringContaining('Private-Use') },
    ]);
    expect(done.vantagePoints.map(({ name }: { name: string }) => name)).toEqual(['5.17.1.2', '5.17.4.1']);
    expect(done.traceroutes).toEqual({
      ...{ added: 4, known: 0, untimely: 0, unusable: 1 },
      ...{ stale: 1, otherPlatform: 1, superseded: 2, old: 1, noSource: 1 },
    });
    expect(done.skipped).toEqual([
      { what: 'key of zoe@example.net', reason: 'it has fewer than 16 characters' },
      { what: 'user website', reason: 'has no e-mail address' },
      { what: 'key of nokey@example.org', reason: 'there is none' },
    ]);
    expect(done.notRead).toContainEqual({ table: 'reverse_traceroutes', rows: 2 });
    expect(done.incomplete).toEqual([]);

    // The keys of the original work, with the limits of the original and the rights of a user.
    for (const key of ['a1b2c3d4e5f60718293a4b5c6d7e8f90', '00112233445566778899aabbccddeeff'])
      expect(await statusOf('sources', { 'Revtr-Key': key })).toBe(200);
    expect(await statusOf('vps', { 'Api-Key': 'c0ffee00c0ffee00c0ffee00c0ffee00' })).toBe(200);
    const users = JSON.parse((await revtr('admin', 'users', '--json')).out);
    expect(users.find(({ email }: { email: string }) => email === 'ada@example.org')).toMatchObject({
      ...{ name: 'Ada Example', role: 'user', limits: { perDay: 200_000, parallel: 10_000, perMinute: 20_000 } },
    });
    const owned = JSON.parse((await revtr('agents', 'show', '5.17.2.1', '--json')).out);
    expect(owned).toMatchObject({ kind: 'source', hostname: 'source.example.org', state: 'expected' });
    const atlas = JSON.parse((await revtr('atlas', 'show', '5.17.2.1', '--json')).out);
    expect(atlas.paths).toMatchObject({ vantagePoint: 2, ripeAtlas: 1 });
    expect(Math.round(atlas.agesMs.oldest / 60_000)).toBe(120);

    const again = await revtr(...args, '--json');
    const repeated = JSON.parse(again.out);
    for (const entry of [...repeated.users, ...repeated.sources, ...repeated.vantagePoints])
      expect(entry.outcome).toBe(entry.name === '10.0.0.5' ? 'refused' : 'known');
    expect(repeated.users.every(({ keys }: { keys: number }) => keys === 0)).toBe(true);
    expect(repeated.traceroutes).toMatchObject({ added: 0, known: 4 });
    expect((await revtr(...args)).out).toMatch(/^imported .*\nusers +0 +7 +0\nkeys/);
  });

  it('names the file that is no dump, or that ends early', async () => {
    const broken = join(directory, 'broken.sql');
    writeFileSync(broken, 'INSERT INTO `users` VALUES (1,');
    const { code, err } = await revtr('admin', 'import-mysql', broken);
    expect([code, err]).toEqual([2, expect.stringContaining(`${broken}: the dump ends within a statement`)]);
  });
});

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
