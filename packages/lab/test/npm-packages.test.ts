import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Authority } from '@revtr/link';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNpmPackages, type NpmPackages } from '../src/packages/npm-packages.ts';
import { revtr } from './revtr.ts';
import { startTestSystem, type TestSystem } from './system.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'revtr-npm-packages-'));
/** The oldest versions that the packages support, and a version from before `import()`. Both come from the registry. */
const NODES = [`oldest@npm:node-linux-${process.arch}@>=22.12 <22.14`, `ancient@npm:node-linux-${process.arch}@12`];
const COMPILER = join(import.meta.dirname, '../../../node_modules/.bin/tsc');

/** Installs packages into an empty directory. */
async function install(name: string, ...packages: readonly string[]): Promise<string> {
  const target = join(directory, name);
  mkdirSync(target);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], { cwd: target });
  return target;
}

let packages: NpmPackages;
let system: TestSystem;
const installed: Record<'cli' | 'client' | 'agent' | 'nodes', string> = { cli: '', client: '', agent: '', nodes: '' };
beforeAll(async () => {
  packages = await buildNpmPackages(join(directory, 'packages'));
  const [cli, client, agent, nodes, started] = await Promise.all([
    install('cli', packages.cli),
    install('client', packages.client),
    install('agent', packages.agent),
    install('nodes', ...NODES),
    startTestSystem(),
  ]);
  Object.assign(installed, { cli, client, agent, nodes });
  system = started;
}, 300_000);
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true });
});

const node = (version: 'oldest' | 'ancient'): string => join(installed.nodes, 'node_modules', version, 'bin/node');
const program = (name: 'cli' | 'agent', command: string): string => join(installed[name], 'node_modules/.bin', command);

/** The result of a program on the oldest supported version. */
async function start(path: string, args: readonly string[], cwd = installed.cli) {
  const env = { PATH: '/usr/bin:/bin', HOME: directory, REVTR_SERVER: system.url, REVTR_KEY: system.key };
  return run(node('oldest'), [path, ...args], { env, cwd }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: unknown; stdout: string; stderr: string }) => ({ status: code, stdout, stderr }),
  );
}

describe('the npm packages', () => {
  it('refuse a version of Node.js that is too old, in one line', () => {
    for (const [path, command] of [
      [program('cli', 'revtr'), 'revtr'],
      [program('agent', 'revtr-agent'), 'revtr-agent'],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(node('ancient'), [path, '--help'], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(
        new RegExp(`^${command}: Node\\.js 12\\.[\\d.]+ is too old; ${command} needs Node\\.js [\\d.]+ or newer\\.\n$`),
      );
    }
  });

  it('refuse it in programs that import the client library', async () => {
    writeFileSync(join(installed.client, 'old.mjs'), "await import('@revtr/client');");
    const change = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.5' } });";
    writeFileSync(join(installed.client, 'change.mjs'), change);
    const { status, stderr } = await start('--import', ['./change.mjs', 'old.mjs'], installed.client);
    expect(status).toBe(1);
    expect(stderr).toContain('Node.js 20.19.5 is too old; @revtr/client needs Node.js 22.12 or newer.');
  });

  it('contain a command line that measures, without the simulator and the database', async () => {
    const cli = program('cli', 'revtr');
    const args = ['measure', system.destinations[0], '--to', system.source, '--label', 'L', '--json'];
    const { status, stdout } = await start(cli, args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).result.stopReason).toBe('reaches');
    expect((await start(cli, ['fetch', '--label', 'L'])).stdout).toBe(
      (await revtr(system, ['fetch', '--label', 'L'])).out,
    );
    expect(await start(cli, ['sim', 'truth'])).toMatchObject({ status: 2, stdout: '' });
    for (const absent of ['@revtr/sim', '@electric-sql/pglite', 'pg', 'koffi'])
      expect(existsSync(join(installed.cli, 'node_modules', absent))).toBe(false);
  });

  it('contain a command line that speaks the Model Context Protocol', async () => {
    const env = { PATH: '/usr/bin:/bin', HOME: directory, REVTR_SERVER: system.url, REVTR_KEY: system.key };
    const child = spawn(node('oldest'), [program('cli', 'revtr'), 'mcp'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    let answer = '';
    for await (const chunk of child.stdout) {
      answer += chunk;
      if (answer.includes('\n')) child.stdin.end();
    }
    expect(JSON.parse(answer)).toMatchObject({ id: 1, result: { serverInfo: { name: 'revtr' } } });
  });

  it('contain a command line that decompresses bzip2 in a worker thread', async () => {
    const file = join(directory, 'traceroutes');
    writeFileSync(file, `${JSON.stringify({ type: 'traceroute' })}\n`.repeat(1_000));
    await run('bzip2', [file]);
    const args = ['admin', 'atlas', 'import', `${file}.bz2`, '--json'];
    const { status, stdout } = await start(program('cli', 'revtr'), args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ lines: 1_000 }]);
  });

  it('contain a client library with types that a strict program accepts', async () => {
    const source = `
import { ClientError, type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { formatProbability } from '@revtr/client/wording';
const { REVTR_SERVER: server = '', REVTR_KEY: key = '' } = process.env;
const client = new ReverseTracerouteClient({ server, key });
const { batchId } = await client.submit([{ src: process.argv[2] ?? '', dst: process.argv[3] ?? '' }]);
const measurements: readonly Measurement[] = (await client.wait(batchId)).measurements;
const stranger = new ReverseTracerouteClient({ server, key: 'wrong' });
const error = await stranger.sources().catch((reason: unknown) => reason);
const code = error instanceof ClientError ? error.code : undefined;
console.log(JSON.stringify([measurements.map(({ result }) => result?.stopReason), code, formatProbability(0.5)]));
`;
    writeFileSync(join(installed.client, 'use.mts'), source.replace('console.log', 'process.stdout.write'));
    const types = join(import.meta.dirname, '../../../node_modules/@types');
    const strict = ['--strict', '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2024'];
    await run(process.execPath, [COMPILER, ...strict, '--typeRoots', types, '--types', 'node', 'use.mts'], {
      cwd: installed.client,
    });
    const args = [system.source, system.destinations[1]];
    const { stdout, stderr } = await start(join(installed.client, 'use.mjs'), args, installed.client);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([['reaches'], 'unauthorized', expect.stringContaining('50')]);
  });

  it('contain an agent that loads its native library and tests its host', async () => {
    await Authority.open(join(directory, 'authority'), new Date());
    const config = join(directory, 'plvp.config');
    writeFileSync(config, `local: {host: 127.0.0.1, identity: ${join(directory, 'identity')}, interface: nope0}\n`);
    const agent = program('agent', 'revtr-agent');
    expect((await start(agent, ['--help'])).stdout).toContain('revtr-agent ROOT_CERTIFICATE CONFIG');
    expect(await start(agent, [join(directory, 'authority/root.crt'), config])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no interface 'nope0' here"),
    });
  });

  it('do not change when they are built again, with other permissions', async () => {
    const before = process.umask(0o077);
    const again = await buildNpmPackages(join(directory, 'again')).finally(() => process.umask(before));
    for (const name of ['cli', 'client', 'agent'] as const)
      expect(readFileSync(again[name]).equals(readFileSync(packages[name]))).toBe(true);
  });

  it('describe themselves to users', () => {
    for (const name of ['cli', 'client', 'agent'] as const) {
      const contents = join(installed[name], 'node_modules/@revtr', name);
      const manifest = JSON.parse(readFileSync(join(contents, 'package.json'), 'utf8'));
      expect(manifest).toMatchObject({ name: `@revtr/${name}`, license: 'MIT', engines: { node: expect.any(String) } });
      expect(readFileSync(join(contents, 'LICENSE'), 'utf8')).toContain('MIT License');
      // Links of a package lead to its own files or to the web.
      const readme = readFileSync(join(contents, 'README.md'), 'utf8');
      expect(readme).toContain(`npm install`);
      expect(readme).not.toContain('](../');
    }
  });
});
