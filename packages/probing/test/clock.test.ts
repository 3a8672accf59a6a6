import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/index.ts';

describe('the clock of the machine', () => {
  it('ends a wait only after what arrived while the process was busy has been handled', async () => {
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

  it('ends a wait at once when its signal fires', async () => {
    const over = new AbortController();
    const waiting = systemClock.sleep(600_000, over.signal);
    over.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
