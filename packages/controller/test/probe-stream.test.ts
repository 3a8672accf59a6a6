import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@revtr/probing';
import type { FastifyReply } from 'fastify';
import { expect, it } from 'vitest';
import { streamProbes } from '../src/api/v2/probe-stream.ts';
import { ProbeEvents } from '../src/probes/probe-events.ts';

it('the event stream of raw probes tells of each end once, also of those that only the database knows', async () => {
  const events = new ProbeEvents();
  const [setId, total] = [7, 4];
  const sets = { endedIn: () => Promise.resolve([1, 2]) };
  const server = createServer((_request, response) => {
    // The two members of the reply that streamProbes uses.
    const reply = { raw: response, hijack: () => undefined } as unknown as FastifyReply;
    const collaborators = { stopping: new AbortController().signal, clock: systemClock };
    const probes = { sets, events } as never;
    streamProbes({ setId, total, checkPermission: () => Promise.resolve() }, reply, { probes, ...collaborators });
    setImmediate(() => {
      for (const probe of [2, 3, 4]) events.publish(setId, probe);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const text = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  server.close();
  const ended = [...text.matchAll(/event: probeEnded\ndata: \{"probe":(\d+)\}/g)].map(([, id]) => Number(id));
  expect(ended.toSorted()).toEqual([1, 2, 3, 4]);
  expect(text).toContain('event: progress\ndata: {"total":4,"done":4}');
  expect(text.trimEnd().endsWith('event: complete\ndata: {"total":4}')).toBe(true);
});
