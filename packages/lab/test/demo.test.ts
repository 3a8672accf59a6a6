import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';

const MAIN = new URL('../src/demo/main.ts', import.meta.url).pathname;

/** Runs the demo as a newcomer does, and reads what it prints. After `until` and `use`, Ctrl-C ends it. */
function demo(
  args: string[],
  until?: string,
  environment: Record<string, string> = {},
  use: (out: string) => Promise<void> = async () => {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, REVTR_PORT: '0', ...environment },
    });
    let [out, err] = ['', ''];
    let isTold = false;
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (until === undefined || isTold || !out.includes(until)) return;
      isTold = true;
      void use(out).then(() => child.kill('SIGINT'));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('exit', (code) => resolve({ code, out, err }));
  });
}

describe('the demo', () => {
  it('prints one correct result as JSON, the same for the same seed', async () => {
    const runs = await Promise.all([1, 2].map(() => demo(['--once', '--json', '--seed', '4', '--size', 'small'])));
    const [first, second] = runs.map(({ out }) => JSON.parse(out));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(first.result.hops).toEqual(second.result.hops);
    expect(first.truth.judgedHops).toBeGreaterThan(0);
    expect(first.truth.rightHops).toBe(first.truth.judgedHops);
  });

  it('names a setting that it cannot use', async () => {
    const { code, out, err } = await demo(['--once', '--size', 'small'], undefined, { REVTR_DATABASE: '' });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^demo: REVTR_DATABASE: .+\n$/);
  });

  it('stays up until Ctrl-C and stops cleanly', async () => {
    const statuses: (number | string)[] = [];
    const { code, out, err } = await demo(['--size', 'small'], 'press Ctrl-C to stop', {}, async (printed) => {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? [];
      for (let i = 0; i < 20; i++) statuses.push(await fetch(`${url}/health`).then(({ status }) => status, String));
    });
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/API at http:\/\/127\.0\.0\.1:\d+, key revtr_/);
    expect(out).toContain('TECHNIQUE');
    const [measured] = /from ([\d.]+) back to/.exec(out)?.slice(1) ?? [];
    const [suggested] = /npx revtr measure ([\d.]+) --to/.exec(out)?.slice(1) ?? [];
    expect(suggested).not.toBe(measured);
    expect(out).toContain(`/?from=${suggested}&to=`);
    expect(out).toMatch(/stopping\n$/);
  });

  it('stops at once while it prepares', async () => {
    const { code, out, err } = await demo([], 'surveying');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/stopped\n$/);
  });

  it('says which scenarios there are', async () => {
    expect(await demo(['--scenario', 'none'])).toEqual({ code: 2, out: '', err: '--scenario must be detour\n' });
  });

  it('says when the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, err } = await demo(['--size', 'small'], undefined, { REVTR_PORT: port });
    server.close();
    expect(code).toBe(1);
    expect(err).toBe(`demo: port ${port} is used by another program (EADDRINUSE): set REVTR_PORT to another port\n`);
  });

  it('refuses unknown options and values with exit code 2', async () => {
    expect((await demo(['--size', 'huge'])).code).toBe(2);
    const { code, err } = await demo(['--speed', 'high']);
    expect(code).toBe(2);
    expect(err).toContain('npm run demo');
    expect(err).not.toContain('    at ');
  });
});
