import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseIpv4 } from '@revtr/net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sender, serveProbingTxt } from '../src/probing-txt.ts';

describe('the description of the probes of an agent', () => {
  let sender: Sender | undefined;
  let server: Server;
  let port: number;
  beforeEach(async () => {
    sender = { address: parseIpv4('192.0.2.1'), contact: 'mailto:probes@example.net' };
    server = await serveProbingTxt({ host: '127.0.0.1', port: 0 }, { sender: () => sender, now: () => 0 });
    const address = server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });
  const ask = (path: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, { method });

  it('names the address, the contact, and until when it holds', async () => {
    const response = await ask('/.well-known/probing.txt');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const body = await response.text();
    expect(body).toContain('Canonical: https://192.0.2.1/.well-known/probing.txt\n');
    expect(body).toContain('Contact: mailto:probes@example.net\n');
    expect(body).toContain('Expires: 1970-01-08T00:00:00.000Z\n');
  });

  it('is all that is served', async () => {
    for (const path of ['/', '/metrics', '/.well-known/', '/.well-known/probing.txt?x', '/%2e%2e/etc/passwd'])
      expect((await ask(path)).status).toBe(404);
    expect((await ask('/.well-known/probing.txt', 'POST')).status).toBe(405);
    sender = undefined;
    expect((await ask('/.well-known/probing.txt')).status).toBe(404);
  });

  it('survives what is not HTTP', async () => {
    for (const bytes of ['\0\0\0', 'GET / HTTP/9\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const socket = connect(port, '127.0.0.1');
      socket.end(bytes, 'latin1');
      expect(await text(socket).catch(() => '')).not.toContain('200 OK');
    }
    expect((await ask('/.well-known/probing.txt')).status).toBe(200);
  });
});
