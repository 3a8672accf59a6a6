import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Authority } from '@revtr/link';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;

describe('the program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-agent-main-'));
  const root = join(directory, 'authority', 'root.crt');
  beforeAll(async () => {
    await Authority.open(join(directory, 'authority'), new Date());
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const run = (args: readonly string[], wrapper: readonly string[] = []) => {
    const [program, ...rest] = [...wrapper, process.execPath, MAIN, ...args];
    const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', timeout: 20_000 });
    return { status, stdout, stderr };
  };
  const configure = (text: string): string => {
    const file = join(directory, 'plvp.config');
    writeFileSync(file, text);
    return file;
  };
  const local = (more: string): string =>
    `local: {host: 127.0.0.1, identity: ${join(directory, 'identity')}, ${more}}\n`;

  it('explains itself', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('plvp.config') });
    expect(run([])).toMatchObject({ status: 2, stderr: expect.stringContaining('give the root certificate') });
    expect(run(['a', 'b', '-nonsense'])).toMatchObject({ status: 2, stderr: expect.stringContaining('-nonsense') });
  });

  it('says which file is missing or wrong', () => {
    const config = configure(local('pprofaddr: ""'));
    expect(run([join(directory, 'none.crt'), config])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('root certificate file cannot be read'),
    });
    expect(run([config, config])).toMatchObject({ status: 1, stderr: expect.stringContaining('not a certificate') });
    expect(run([root, configure('local: {host: c, rate: 5}')])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('local.rate: there is no such setting'),
    });
  });

  it.skipIf(!isRoot)('says what is missing on the host, and what to do', async () => {
    expect(run([root, configure(local('interface: nope0'))])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no interface 'nope0' here; there are .*lo/),
    });
    const unprivileged = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const readable = configure('local: {host: 127.0.0.1, identity: /tmp, pprofaddr: ""}');
    spawnSync('chmod', ['-R', 'a+rX', directory]);
    expect(run([root, readable], unprivileged)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('NET_RAW'),
    });
    expect(run([root, configure(`${local('pprofaddr: ""')}scamper: {binpath: /bin/false}\n`)])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('scamper.binpath'),
    });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const port = typeof address === 'object' ? address?.port : 0;
    expect(run([root, configure(local(`pprofaddr: "127.0.0.1:${port}"`))])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another program has it'),
    });
    await new Promise((resolve) => holder.close(resolve));
  });
});
