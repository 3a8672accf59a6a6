import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from '@revtr/storage';
import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { csvHops, csvPaths } from '../src/api/exports/csv.ts';
import { exportBatch } from '../src/api/exports/export-batch.ts';
import type { EndedMeasurement } from '../src/api/exports/export-format.ts';
import { graphOfNetworks } from '../src/api/exports/graphml.ts';
import { jsonLines } from '../src/api/exports/json-lines.ts';
import { registerExports } from '../src/api/exports/routes.ts';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { toPathRow } from '../src/archive/rows/path-row.ts';

const USER = { id: 7, role: 'user' } as User;

describe('exports of a batch', () => {
  let app: FastifyInstance;
  let reads: number;
  let release: () => void;
  beforeEach(async () => {
    reads = 0;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    app = fastify();
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    installErrorHandler(app);
    app.decorateRequest('caller', null);
    app.addHook('onRequest', async (request) => {
      request.caller = { user: USER, scopes: ['read'], keyId: 1, sessionId: null, expiresAt: null };
    });
    registerExports(app, {
      submission: { batchOf: async () => ({ id: 1 }) },
      batches: {
        measurementsOf: async () => {
          reads++;
          await released;
          return [];
        },
      },
    } as unknown as ApiCollaborators);
    await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterEach(async () => {
    release();
    app.server.closeAllConnections();
    await app.close();
  });
  /** Resolves with the status when the head of the answer has arrived. */
  const begin = (format: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { port } = app.server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/api/v2/batches/1/export?format=${format}`;
      get(url, ({ statusCode }) => resolve(statusCode)).on('error', reject);
    });

  it('are not written for a request that asks for the head alone', async () => {
    release();
    const { statusCode } = await app.inject({ method: 'HEAD', url: '/api/v2/batches/1/export' });
    expect([statusCode, reads]).toEqual([404, 0]);
  });

  it('keep one graph of a user in memory at a time', async () => {
    expect(await begin('graphml-routers')).toBe(200);
    expect(await begin('graphml-networks')).toBe(429);
    expect(await begin('csv')).toBe(200);
  });
});

describe('an export that continues another one', () => {
  it('ends before the first measurement that has not ended', async () => {
    const result = { startedAt: 0, endedAt: 5, stopReason: 'failed', plan: 'default', hops: [], attempts: [] };
    const stats = {
      ...{
        recordRoutePings: 1,
        spoofedRecordRoutePings: 2,
        timestampPings: 0,
        spoofedTimestampPings: 0,
        plainPings: 0,
      },
      ...{ traceroutes: 0, tracerouteProbes: 0, recordRouteRounds: 1, spoofedRecordRouteRounds: 0, atlasQueries: 0 },
      ...{ recordRouteMs: 0, spoofedRecordRouteMs: 0, atlasMs: 0, symmetryMs: 0 },
    };
    const rowOf = (id: number, isDone: boolean) => ({
      ...{ id, batch_id: 1, source: '192.0.2.9', destination: '192.0.2.1', label: '', created_at: new Date(0) },
      ...(isDone ? { state: 'done', result: { ...result, stats } } : { state: 'running', result: null }),
    });
    const rows = [rowOf(11, true), rowOf(12, true), rowOf(13, false), rowOf(14, true)];
    const parts = {
      batches: { measurementsOf: async (_: number, { after = 0 } = {}) => rows.filter(({ id }) => id > after) },
      facts: {},
    } as unknown as Parameters<typeof exportBatch>[1];
    const idsOf = async (after?: number) => {
      let text = '';
      for await (const part of exportBatch({ batchId: 1, writer: jsonLines.create(), after }, parts)) text += part;
      return [...text.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id));
    };
    expect(await idsOf(0)).toEqual([11, 12]);
    expect(await idsOf(11)).toEqual([12]);
    expect(await idsOf(12)).toEqual([]);
    expect(await idsOf(13)).toEqual([14]);
    expect(await idsOf()).toEqual([11, 12, 14]);
  });
});

describe('tables', () => {
  const hop = { address: '192.0.2.1', technique: 'recordRoute', type: 1, trust: 'measured', confidence: 1, asn: 64500 };
  const measurementOf = (text: string): EndedMeasurement =>
    ({
      ...{ id: 1, batchId: 2, source: '192.0.2.9', destination: '192.0.2.1', label: text },
      result: { startedAt: 0, endedAt: -5, stopReason: 'reaches', hops: [{ ...hop, name: text, asName: text }] },
    }) as unknown as EndedMeasurement;

  it.each(['=HYPERLINK("https://x.example")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1'])(
    'have no cell that a spreadsheet runs as a formula: %j',
    (text) => {
      for (const format of [csvPaths, csvHops]) {
        const row = format.create().add([measurementOf(text)]);
        const quoted = `'${text}`.replaceAll('"', '""');
        expect(row).toContain(/[",\r\n]/.test(text) ? `"${quoted}"` : `,${quoted},`);
        expect(row).not.toContain(`,${text}`);
      }
    },
  );

  it('keep negative numbers as numbers', () => {
    expect(csvPaths.create().add([measurementOf('a')])).toContain(',-5,reaches,');
  });
});

describe('networks that show no router', () => {
  const hop = { technique: 'recordRoute', type: 5, trust: 'measured', confidence: 1, evidence: {} };
  const measurement = {
    ...{ id: 1, batchId: 2, source: '192.0.2.9', destination: '192.0.2.1', label: '' },
    result: {
      ...{ startedAt: 0, endedAt: 5, stopReason: 'reaches', plan: 'default', stats: {} },
      hops: [
        { ...hop, address: '192.0.2.1', asn: 64500, hiddenNetwork: { asn: 64510, confidence: 0.7 } },
        { ...hop, address: '192.0.2.5' },
        { ...hop, address: '192.0.2.9', asn: 64501 },
      ],
    },
  } as unknown as EndedMeasurement;

  it('are part of the AS path in every table and graph', () => {
    expect(csvPaths.create().add([measurement])).toContain(',64500 64510 64501,');
    expect(csvHops.create().add([measurement])).toMatch(/,64510\r\n.*,\r\n.*,\r\n$/);
    const row = toPathRow(measurement);
    expect(row.as_path).toEqual([64500, 64510, 64501]);
    expect(row.hops.map(({ hidden_asn }) => hidden_asn)).toEqual([64510, null, null]);
    const graph = graphOfNetworks.create();
    graph.add([measurement]);
    const edges = [...graph.end()].join('').matchAll(/<edge source="(\w+)" target="(\w+)"/g);
    expect([...edges].map(([, from, to]) => [from, to])).toEqual([
      ['AS64500', 'AS64510'],
      ['AS64510', 'AS64501'],
    ]);
  });
});

describe('the end of a large graph', () => {
  it('is written in parts, between which the process does other work', async () => {
    const writer = graphOfNetworks.create();
    const networks = Array.from({ length: 20_000 }, (_, asn) => ({ asn }));
    writer.add([{ result: { hops: networks } } as unknown as EndedMeasurement]);
    let [turns, isOver, parts] = [0, false, 0];
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    for await (const part of exportBatch(
      { batchId: 1, writer },
      { batches: { measurementsOf: async () => [] }, facts: Object({}) },
    )) {
      expect(part.length).toBeLessThan(200_000);
      parts++;
    }
    isOver = true;
    expect(parts).toBeGreaterThan(30);
    expect(turns).toBeGreaterThanOrEqual(parts - 2);
  });
});
