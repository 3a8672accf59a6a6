import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseIpv4 } from '@revtr/net';
import { ProbingError, systemClock } from '@revtr/probing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScamperDriver, type ScamperDriverOptions, type ScamperEnd, ScamperError, ScamperHost } from '../src/index.ts';
import { pingCommand, sniffCommand, spoofCommand, traceCommand } from '../src/prober/commands.ts';

const HOSTILE = fileURLToPath(new URL('hostile-scamper.ts', import.meta.url));

let directory: string;
let driver: ScamperDriver | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'scamper-'));
});
afterEach(async () => {
  await driver?.stop();
  driver = undefined;
  rmSync(directory, { recursive: true });
});

async function start(options: Partial<ScamperDriverOptions> = {}): Promise<ScamperDriver> {
  const socketPath = join(directory, 'socket');
  const restartMs = { least: 1, most: 5 };
  driver = await ScamperDriver.start(
    { socketPath, packetsPerSecond: 1_000, restartMs, ...options },
    { clock: systemClock },
  );
  return driver;
}
const startHostile = (mode: string): Promise<ScamperDriver> =>
  start({ program: mode, wrapper: [process.execPath, HOSTILE] });
const received = (): string[] => readFileSync(join(directory, 'socket.log'), 'utf8').trim().split('\n');

describe('ScamperDriver with a scamper that misbehaves', () => {
  it.each(['dies', 'garbage', 'flood'])('gives up a command after three attempts when scamper %s', async (mode) => {
    const hostile = await startHostile(mode);
    await expect(hostile.run('ping -c 1 127.0.0.1').result).rejects.toMatchObject({
      code: 'stopped',
      details: { attempts: 3 },
    });
    expect(received().filter((line) => line === 'ping -U 1 -c 1 127.0.0.1')).toHaveLength(3);
  });

  it('does not believe results with an unknown user id', async () => {
    const hostile = await startHostile('stranger');
    const { started, result } = hostile.run('ping -c 1 127.0.0.1');
    await started;
    const outcome = result.catch((error: unknown) => error);
    await hostile.stop();
    expect(await outcome).toMatchObject({ code: 'stopped' });
  });

  it('leaves no scamper behind when it is stopped during a restart', async () => {
    const hostile = await startHostile('dies');
    const { pid: first } = hostile;
    await hostile.run('ping -c 1 127.0.0.1').result.catch(() => undefined);
    // The third attempt has ended scamper, and the driver is starting another one.
    await hostile.stop();
    const { pid: last } = hostile;
    for (const pid of [first, last]) expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('ends a scamper that ignores SIGTERM', async () => {
    const hostile = await startHostile('stubborn');
    const { pid } = hostile;
    await hostile.stop();
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('sends no command that holds a line break, and none after its end', async () => {
    const hostile = await startHostile('silent');
    await expect(hostile.run('ping 127.0.0.1\nping 127.0.0.2').result).rejects.toMatchObject({ code: 'refused' });
    await hostile.stop();
    await expect(hostile.run('ping 127.0.0.1').result).rejects.toMatchObject({ code: 'stopped' });
  });

  it('takes a bounded number of waiting commands', async () => {
    const hostile = await startHostile('silent');
    const results: Promise<unknown>[] = [];
    for (let i = 0; i < 50_050; i++) {
      const { result } = hostile.run('ping 127.0.0.1');
      result.catch(() => undefined);
      results.push(result);
    }
    await expect(hostile.run('ping 127.0.0.1').result).rejects.toMatchObject({
      code: 'queueFull',
      details: { limit: 50_000 },
    });
  });

  it('rejects with cancelled when the signal fires, and halts nothing that scamper has not numbered', async () => {
    const hostile = await startHostile('silent');
    const abort = new AbortController();
    const { result } = hostile.run('ping 127.0.0.1', abort.signal);
    abort.abort();
    await expect(result).rejects.toBeInstanceOf(ProbingError);
  });

  it('reports the output of a program that does not start', async () => {
    const error: unknown = await start({ program: 'no-such-mode', wrapper: ['sh', '-c', 'echo broken >&2'] }).catch(
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(ScamperError);
    expect(error).toMatchObject({ code: 'startFailed', details: { program: 'no-such-mode', output: 'broken' } });
    await expect(start({ program: '/nonexistent/scamper' })).rejects.toMatchObject({ code: 'startFailed' });
  });
});

const canRunScamper = process.getuid?.() === 0 && spawnSync('scamper', ['-v']).error === undefined;

describe.skipIf(!canRunScamper)('ScamperHost with the real scamper on the loopback interface', () => {
  const sender = parseIpv4('127.0.0.1');
  const target = parseIpv4('127.0.0.1');

  it('measures a ping with and without Record Route, and a traceroute', async () => {
    const host = new ScamperHost({ driver: await start(), clock: systemClock });
    const plain = await host.ping({ type: 'ping', sender, target, timeoutMs: 2_000 });
    expect(plain.reply).toMatchObject({ from: target, icmpType: 0, icmpCode: 0 });
    const option = { type: 'recordRoute', slots: 9 } as const;
    const stamped = await host.ping({ type: 'ping', sender, target, timeoutMs: 2_000, option });
    expect(stamped.reply?.recordRoute).toContain(target);
    const trace = await host.traceroute({ type: 'traceroute', sender, target, timeoutMs: 1_000, flow: 7 });
    expect(trace).toMatchObject({ stop: 'completed', hops: [{ ttl: 1, from: target }] });
  });

  it('turns a command that scamper does not accept into proberStopped, as on a host without a route', async () => {
    const real = await start();
    await expect(real.run('ping -c nonsense 127.0.0.1').result).rejects.toMatchObject({
      code: 'refused',
      details: { command: 'ping -U 1 -c nonsense 127.0.0.1' },
    });
    const host = new ScamperHost({ driver: real, clock: systemClock });
    await expect(host.ping({ type: 'ping', sender, target, timeoutMs: 1_000, ttl: 999 })).rejects.toMatchObject({
      code: 'proberStopped',
    });
  });

  it('accepts every form of the commands that this package builds', async () => {
    const real = await start();
    const request = { type: 'ping', sender, target, timeoutMs: 1_000 } as const;
    const mark = { identifier: 4_661, sequence: 22_137, token: 'deadbeefcafebabe' };
    const commands = [
      pingCommand(request),
      pingCommand({ ...request, ttl: 3, option: { type: 'recordRoute', slots: 9 } }),
      pingCommand({ ...request, option: { type: 'timestamp', form: 'timestampOnly', slots: 9 } }),
      pingCommand({ ...request, option: { type: 'timestamp', form: 'withAddress', slots: 4 } }),
      pingCommand({ ...request, option: { type: 'timestamp', form: 'prespecified', slots: [target, target] } }),
      spoofCommand({ ...request, option: { type: 'recordRoute', slots: 9 } }, sender, mark),
      pingCommand(request, 'mailto:probes@revtr.example'),
      spoofCommand({ ...request, option: { type: 'timestamp', form: 'timestampOnly', slots: 9 } }, sender, mark, 'a:b'),
      sniffCommand(sender, mark.identifier, 1_000),
      traceCommand({ type: 'traceroute', sender, target, timeoutMs: 1_000, flow: 7, firstHop: 1, maxHops: 3 }),
      traceCommand({ type: 'traceroute', sender, target, timeoutMs: 1_000, maxHops: 3 }, 'https://revtr.example'),
    ];
    const results = await Promise.all(commands.map((command) => real.run(command).result));
    expect(results.map(({ type }) => type)).toEqual([...Array(8).fill('ping'), 'sniff', 'trace', 'trace']);
  });

  it('halts a cancelled command and runs the next one', async () => {
    const real = await start({ window: 1 });
    const abort = new AbortController();
    const { started, result } = real.run('ping -c 1000 127.0.0.1', abort.signal);
    await started;
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    expect(await real.run('ping -c 1 127.0.0.1').result).toMatchObject({ type: 'ping', destination: '127.0.0.1' });
  });

  it('repeats the command in a new scamper when the first one is killed, and reports how that ended', async () => {
    const ends: ScamperEnd[] = [];
    const real = await start({ onEnd: (end) => ends.push(end) });
    const { started, result } = real.run('ping -c 2 127.0.0.1');
    await started;
    const { pid } = real;
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await result).toMatchObject({ type: 'ping', sent: 2 });
    expect(real.pid).not.toBe(pid);
    await real.stop();
    expect(ends).toEqual([{ exitCode: null, signal: 'SIGKILL', output: '' }]);
  });
});
