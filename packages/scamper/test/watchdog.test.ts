import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScamperDriver, ScamperHost } from '../src/index.ts';

const LOOPBACK = parseIpv4('127.0.0.1');
const request = (host: number) =>
  ({ type: 'ping', sender: LOOPBACK, target: LOOPBACK + host, timeoutMs: 1_000 }) as const;

describe('the watchdog of a real scamper, probing the loopback network', () => {
  let directory: string;
  let driver: ScamperDriver;
  let host: ScamperHost;
  let health: boolean[];
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-watchdog-'));
    health = [];
    driver = await ScamperDriver.start(
      { socketPath: join(directory, 'scamper'), packetsPerSecond: 1_000 },
      { clock: systemClock, onHealth: (measures) => health.push(measures) },
    );
    host = new ScamperHost({ driver, clock: systemClock });
  });
  afterEach(async () => {
    await driver.stop();
    rmSync(directory, { recursive: true });
  });
  const signal = (name: NodeJS.Signals): void => {
    if (driver.pid !== undefined) process.kill(driver.pid, name);
  };
  const pingMany = (from: number) => Array.from({ length: 100 }, (_, i) => host.ping(request(from + i)));

  it('restarts a scamper that was suspended; commands end, and none counts as unanswered', async () => {
    await host.ping(request(1));
    const suspended = driver.pid;
    signal('SIGSTOP');
    const during = pingMany(1_000);
    await sleep(15_000);
    if (suspended !== undefined && suspended === driver.pid) process.kill(suspended, 'SIGCONT');
    const ended = await Promise.all(during);
    expect(ended.filter(({ reply }) => reply !== undefined)).toHaveLength(100);
    expect(health[0]).toBe(false);
    await expect.poll(() => driver.measures, { timeout: 10_000 }).toBe(true);
    expect((await Promise.all(pingMany(2_000))).every(({ reply }) => reply !== undefined)).toBe(true);
  });

  it('goes on after a short suspension during which all callers gave up', async () => {
    await host.ping(request(1));
    signal('SIGSTOP');
    const giveUp = new AbortController();
    const during = Array.from({ length: 100 }, (_, i) => host.ping(request(3_000 + i), giveUp.signal));
    const ended = Promise.allSettled(during);
    await sleep(500);
    giveUp.abort();
    await ended;
    await sleep(1_500);
    signal('SIGCONT');
    const after = await Promise.all(pingMany(4_000));
    expect(after.every(({ reply }) => reply !== undefined)).toBe(true);
  });

  it('gives a command that must not be repeated once', async () => {
    const task = driver.run('ping -c 5 -i 1 127.9.9.9', undefined, { maxAttempts: 1 });
    await task.started;
    signal('SIGKILL');
    await expect(task.result).rejects.toMatchObject({ code: 'stopped' });
    expect((await host.ping(request(9))).reply).toBeDefined();
  }, 30_000);

  it('does not give a command that is refused when its turn comes', async () => {
    const refused = driver.run('ping -c 1 127.0.0.1', undefined, {
      beforeSend: () => {
        throw new Error('not now');
      },
    });
    await expect(refused.result).rejects.toThrow('not now');
    expect((await host.ping(request(9))).reply).toBeDefined();
  }, 30_000);
});
