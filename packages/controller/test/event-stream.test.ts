import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@revtr/probing';
import type { FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { streamBatch } from '../src/api/v2/event-stream.ts';
import { BatchEvents } from '../src/measurements/batch-events.ts';

const TOTAL = 2_000;
const HOP = {
  address: '192.0.2.1',
  technique: 'recordRoute',
  type: 5,
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'recordRoute', padding: 'x'.repeat(2_000) },
} as const;

describe('the event stream of a batch, towards a client that does not read', () => {
  let server: Server;
  let client: Socket;
  let now = 0;
  let mayRead = true;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const events = new BatchEvents();
  const open = async (): Promise<ServerResponse> => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const requested = once(server, 'request');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.pause();
    client.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
    const [, response] = await requested;
    // The two members of the reply that streamBatch uses.
    const reply = { raw: response, hijack: () => undefined } as unknown as FastifyReply;
    const batches = { endedIn: () => Promise.resolve([]) };
    const stopping = new AbortController().signal;
    const checkPermission = () => (mayRead ? Promise.resolve() : Promise.reject(new Error('refused')));
    streamBatch({ batchId: 1, total: TOTAL, paths: true, checkPermission }, reply, {
      events,
      batches: batches as never,
      stopping,
      clock,
    });
    return response;
  };
  const publishAll = (): void => {
    for (let measurement = 1; measurement <= TOTAL; measurement++) {
      events.publish(1, { type: 'path', measurement, hops: Array.from({ length: 10 }, () => HOP) });
      events.publish(1, { type: 'ended', measurement, stopReason: 'reaches' });
    }
  };
  afterEach(() => {
    mayRead = true;
    client.destroy();
    server.close();
  });

  it('keeps bounded memory, and reports every end once the client reads', async () => {
    const response = await open();
    publishAll();
    expect(response.writableLength).toBeLessThan(2 ** 20);
    let text = '';
    client.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
    });
    client.resume();
    for (let tries = 0; tries < 500 && !text.includes('event: complete'); tries++) await sleep(20);
    const ended = [...text.matchAll(/event: ended\ndata: \{"measurement":(\d+)/g)].map(([, id]) => Number(id));
    expect(new Set(ended).size).toBe(TOTAL);
    expect(ended.length).toBe(TOTAL);
    expect(text).toContain('event: complete');
  });

  it('ends when the client has not read for half a minute, and releases everything', async () => {
    const response = await open();
    publishAll();
    const closed = once(response, 'close');
    now += 31_000;
    await closed;
    expect(events.wantsPaths(1)).toBe(false);
  });

  it('ends when the credential of the request does not work any more', async () => {
    mayRead = false;
    const response = await open();
    await once(response, 'close');
    expect(events.wantsPaths(1)).toBe(false);
  });
});
