import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

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

describe('the Python client', () => {
  const PYTHON = '/usr/bin/python3';
  const PACKAGE = new URL('../../../python', import.meta.url).pathname;

  it('passes its tests against a system', async () => {
    const env = {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      REVTR_SERVER: system.url,
      REVTR_KEY: system.key,
      REVTR_TEST_SOURCE: system.source,
      REVTR_TEST_DESTINATIONS: system.destinations.slice(0, 30).join(),
      REVTR_TEST_LIMITED_KEY: await addUser(system, 'python@example.org'),
    };
    const { stderr } = await run(PYTHON, ['-m', 'unittest', 'discover', '-t', '.', '-s', 'tests'], {
      cwd: PACKAGE,
      env,
    });
    const [, count = '0'] = /^Ran (\d+) tests/m.exec(stderr) ?? [];
    expect(Number(count)).toBeGreaterThan(25);
    expect(stderr).toMatch(/^OK$/m);
  });

  it('has types that mypy accepts in its strict mode', async () => {
    const args = ['-m', 'mypy', '--strict', '--cache-dir', join(directory, 'mypy'), 'revtr', 'tests'];
    expect((await run(PYTHON, args, { cwd: PACKAGE })).stdout).toContain('Success: no issues found');
  });

  it('is a wheel that can be installed and says that it is typed', async () => {
    const source = join(directory, 'source');
    await cp(PACKAGE, source, {
      recursive: true,
      filter: (path) => !/\/(?:build|\w+\.egg-info|__pycache__)$/.test(path),
    });
    const pip = async (...args: readonly string[]) =>
      run(PYTHON, ['-m', 'pip', '--no-cache-dir', '--disable-pip-version-check', ...args], { cwd: directory });
    await pip('wheel', '--no-build-isolation', '--no-deps', '--no-index', '--wheel-dir', directory, source);
    const [wheel] = (await readdir(directory)).filter((name) => name.endsWith('.whl'));
    const site = join(directory, 'site');
    await pip('install', '--no-deps', '--no-index', '--target', site, wheel);
    expect(await readdir(join(site, 'revtr'))).toEqual(expect.arrayContaining(['api.py', 'py.typed']));
    const program = 'import sys, revtr; assert "pandas" not in sys.modules; print(revtr.__file__)';
    const { stdout } = await run(PYTHON, ['-c', program], { env: { PYTHONPATH: site } });
    expect(stdout).toContain(site);
  });
});
