import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './system.ts';

const run = promisify(execFile);

let system: TestSystem;
let directory: string;
beforeAll(async () => {
  system = await startTestSystem();
  directory = await mkdtemp(join(tmpdir(), 'revtr-clients-'));
});
afterAll(async () => {
  await system.stop();
  await rm(directory, { recursive: true });
});

describe('the examples of the TypeScript client', () => {
  const example = async (name: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> => {
    const path = new URL(`../../client/examples/${name}.ts`, import.meta.url).pathname;
    const env = { ...process.env, REVTR_SERVER: system.url, REVTR_KEY: system.key };
    return run(process.execPath, ['--no-warnings', path, ...args], { env });
  };

  it('measure: prints the hops from the destination to the source', async () => {
    const lines = (await example('measure', system.source, system.destinations[0])).stdout.trim().split('\n');
    expect(lines[0].split('\t')).toEqual([system.destinations[0], 'destination', '1']);
    expect(lines.at(-2)).toMatch(`${system.source}\t`);
    expect(lines.at(-1)).toBe('reaches');
  });

  it('measure: explains why a pair cannot be measured', async () => {
    await expect(example('measure', system.source, '10.0.0.1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('revtrs[0].dst: 10.0.0.1 is Private-Use (RFC 1918)'),
    });
  });

  it('follow: shows events while a measurement goes on', async () => {
    const { stdout } = await example('follow', system.source, system.destinations[1]);
    expect(stdout).toMatch(/^path of \d+ hops, to [\d.]+$/m);
    expect(stdout).toMatch(/^ended: (reaches|failed)\n$/m);
  });

  it('campaign and history: measure a file, and list what was measured', async () => {
    const file = join(directory, 'pairs');
    const destinations = system.destinations.slice(0, 40);
    const lines = destinations.map((destination) => `${system.source} ${destination}`);
    await writeFile(file, [...lines, `${system.source} 10.0.0.1`].join('\n'));
    const { stdout, stderr } = await example('campaign', file);
    const results: { destination: string; state: string }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ destination, state }) => `${destination} ${state}`)).toEqual(
      destinations.map((destination) => `${destination} done`),
    );
    expect(stderr).toMatch(/^line 41: 10\.0\.0\.1 is Private-Use/);
    const history = (await example('history')).stdout;
    expect(history).toMatch(/^batch \d+: 40 measurements$/m);
    for (const destination of destinations) expect(history).toContain(`  ${destination}\t`);
  });
});
