import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControllerClock } from '@revtr/agent';
import { Authority, GrantSigner, GrantVerifier } from '@revtr/link';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseClock } from '../src/foundation/database-clock.ts';
import { ManualClock, settle } from './manual-clock.ts';

const AHEAD_MS = 300_000;
const READ_EVERY_MS = 10_000;

describe('the clock of the database', () => {
  let host: ManualClock;
  let aheadMs: number;
  let logged: string[];
  let read: () => Promise<number>;
  let clock: DatabaseClock;
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line).msg) });
  const start = async (): Promise<void> => {
    clock = await DatabaseClock.start({ databaseTime: () => read(), log, clock: host });
  };
  beforeEach(() => {
    host = new ManualClock();
    aheadMs = 0;
    logged = [];
    read = async () => host.now() + aheadMs;
  });
  afterEach(() => clock.stop());

  it.each([AHEAD_MS, -AHEAD_MS])('counts in place of that of a host that is %i ms off', async (offMs) => {
    aheadMs = offMs;
    await start();
    expect(clock.now()).toBe(host.now() + offMs);
    expect(logged).toEqual([expect.stringContaining('the clock of this host differs')]);
  });

  it.each([AHEAD_MS, -AHEAD_MS])(
    'never jumps when it is set by %i ms, and follows within ten times that',
    async (byMs) => {
      await start();
      aheadMs = byMs;
      const readings: number[] = [];
      for (let i = 0; i <= (10 * AHEAD_MS) / 1_000 + READ_EVERY_MS / 1_000; i++) {
        readings.push(clock.now());
        await host.advance(1_000);
      }
      const steps = readings.slice(1).map((reading, i) => reading - readings[i]);
      expect(Math.min(...steps)).toBeGreaterThanOrEqual(899);
      expect(Math.max(...steps)).toBeLessThanOrEqual(1_101);
      expect(clock.now()).toBe(host.now() + byMs);
      expect(logged).toEqual([expect.stringContaining('the clock of the database has been set')]);
    },
  );

  it.each([4 * AHEAD_MS, -4 * AHEAD_MS])(
    'is steady for agents, so that they accept grants when it was set by %i ms after they had connected, and after a restart',
    async (byMs) => {
      const directory = mkdtempSync(join(tmpdir(), 'revtr-clock-'));
      try {
        const { grantSigner, rootCertificate } = await Authority.open(directory, new Date(host.now()));
        const [sender, source, target] = [1, 2, 3];
        await start();
        const time = new ControllerClock({ clock: host });
        time.set(clock.steady.now());
        const verifier = new GrantVerifier(
          { sender, rootCertificate },
          { now: () => time.now(), startedAt: () => time.createdAt },
        );
        verifier.trust(grantSigner.certificate);
        aheadMs = byMs;
        await host.advance(AHEAD_MS * 2);
        expect(Math.abs(clock.now() - host.now())).toBeGreaterThan(30_000);
        const mark = { identifier: 1, sequence: 1, token: 'a'.repeat(24) };
        const request = { type: 'ping', sender, target, timeoutMs: 1_000 } as const;
        const spoof = { claimedSource: source, receiver: source };
        const signer = new GrantSigner(grantSigner);
        expect(verifier.use(signer.sign(request, spoof, mark, clock.steady.now()))).toMatchObject({ request });
        // A restart of the gateway takes the database's time at once.
        await clock.stop();
        await start();
        time.set(clock.steady.now());
        const next = { ...mark, token: 'b'.repeat(24) };
        expect(verifier.use(signer.sign(request, spoof, next, clock.steady.now()))).toMatchObject({ request });
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );

  it('learns nothing from an answer that fits to what is known, or that takes too long', async () => {
    await start();
    for (const [tripMs, offMs] of [
      [400, 300],
      [20_000, AHEAD_MS],
    ]) {
      const answer = Promise.withResolvers<number>();
      read = () => answer.promise;
      await host.advance(READ_EVERY_MS);
      await host.advance(tripMs);
      answer.resolve(host.now() + offMs - tripMs);
      await settle();
      await host.advance(READ_EVERY_MS / 2);
      expect(clock.now()).toBe(host.now());
    }
    expect(logged).toEqual([]);
  });

  it('goes on when the database does not answer', async () => {
    await start();
    read = async () => Promise.reject(new Error('no connection'));
    await host.advance(2 * READ_EVERY_MS);
    expect(logged).toEqual(Array(2).fill('the clock of the database could not be read'));
    expect(clock.now()).toBe(host.now());
  });
});
