import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ReverseTracerouteClient } from '@revtr/client';
import { expect, it } from 'vitest';
import { createMcpServer } from '../src/index.ts';

const PAIR = { id: 7, source: '198.51.100.1', destination: '192.0.2.1', label: '', state: 'done' };
const STARTED = Date.parse('2026-11-20T10:05:00.000Z');

it('every tool tells the time at which a measurement started, not when it was submitted', async () => {
  const createdAt = '2026-11-20T10:00:00.000Z';
  const result = {
    plan: 'default',
    stopReason: 'reaches',
    startedAt: STARTED,
    endedAt: STARTED + 1,
    hops: [],
    stats: {},
  };
  const answers: Readonly<Record<string, unknown>> = {
    '/api/v2/batches': { batches: [{ id: 3, total: 1, done: 1, createdAt }] },
    '/api/v2/batches/3/measurements': {
      ...{ total: 1, names: {} },
      measurements: [{ ...PAIR, startedAt: STARTED, stopReason: 'reaches', hops: 0, networks: [] }],
    },
    '/api/v2/measurements/7': { ...PAIR, batchId: 3, createdAt, result: { ...result, attempts: [] } },
  };
  const fetch = async (request: string | URL | Request): Promise<Response> =>
    new Response(JSON.stringify(answers[new URL(request instanceof Request ? request.url : request).pathname]));
  const client = new ReverseTracerouteClient({ server: 'http://192.0.2.9', key: 'a-key', fetch });
  const server = await createMcpServer({ version: '1.0.0', mayMeasure: false }, client);
  const [here, there] = InMemoryTransport.createLinkedPair();
  const host = new Client({ name: 'test', version: '1.0.0' });
  await Promise.all([server.connect(there), host.connect(here)]);
  const textOf = async (name: string, args: Record<string, unknown>) =>
    JSON.stringify((await host.callTool({ name, arguments: args })).structuredContent);
  const measuredAt = '"measuredAt":"2026-11-20T10:05:00.000Z"';
  expect(await textOf('recent_results', {})).toContain(measuredAt);
  expect(await textOf('explain', { measurement: 7 })).toContain(measuredAt);
});
