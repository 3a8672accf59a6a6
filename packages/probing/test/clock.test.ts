import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProbingError, systemClock, wallClock } from '../src/index.ts';

const HOUR_MS = 3_600_000;

describe('the clocks of this machine', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('end a sleep that is cancelled', async () => {
    const abort = new AbortController();
    const sleeping = systemClock.sleep(60_000, abort.signal);
    abort.abort();
    await expect(sleeping).rejects.toThrow(ProbingError);
  });

  it.each([HOUR_MS, -HOUR_MS])(
    'measure time without a jump, and tell the time, when the machine is set by %i ms',
    (byMs) => {
      const before = { system: systemClock.now(), wall: wallClock.now() };
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs });
      expect(wallClock.now() - before.wall).toBeCloseTo(byMs, -4);
      expect(Math.abs(systemClock.now() - before.system)).toBeLessThan(HOUR_MS / 2);
    },
  );

  it('end a wait only after what arrived while the process was busy has been handled', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not a port');
    const client = createConnection(address.port, '127.0.0.1');
    const [peer]: Socket[] = await once(server, 'connection');
    const seen: string[] = [];
    client.on('data', () => seen.push('answer'));
    const waiting = systemClock.sleep(5).then(() => seen.push('end of the wait'));
    peer.write('answer');
    // The answer arrives and the wait ends while the process is busy.
    const busyUntil = performance.now() + 50;
    while (performance.now() < busyUntil);
    await waiting;
    expect(seen).toEqual(['answer', 'end of the wait']);
    client.destroy();
    server.close();
  });
});
