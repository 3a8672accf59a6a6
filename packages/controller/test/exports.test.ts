import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from '@revtr/storage';
import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { csvHops, csvPaths } from '../src/api/exports/csv.ts';
import { exportBatch } from '../src/api/exports/export-batch.ts';
import type { EndedMeasurement, FilePart } from '../src/api/exports/export-format.ts';
import { graphOfNetworks } from '../src/api/exports/graphml.ts';
import { jsonLines } from '../src/api/exports/json-lines.ts';
import { registerExports } from '../src/api/exports/routes.ts';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { toPathRow } from '../src/archive/rows/path-row.ts';

const USER = { id: 7, role: 'user' } as User;
const textOf = (parts: Iterable<FilePart>): string => [...parts].join('');

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
    expect([statusCode, reads]).toEqual([200, 0]);
  });

  it('keep one graph of a user in memory at a time', async () => {
    expect(await begin('graphml-routers')).toBe(200);
    expect(await begin('graphml-networks')).toBe(429);
    expect(await begin('csv')).toBe(200);
  });
});

const STATS = {
  ...{ recordRoutePings: 1, spoofedRecordRoutePings: 2, timestampPings: 0, spoofedTimestampPings: 0, plainPings: 0 },
  ...{ traceroutes: 0, tracerouteProbes: 0, recordRouteRounds: 1, spoofedRecordRouteRounds: 0, atlasQueries: 0 },
  ...{ recordRouteMs: 0, spoofedRecordRouteMs: 0, atlasMs: 0, symmetryMs: 0 },
};
const RESULT = {
  startedAt: 0,
  endedAt: 5,
  stopReason: 'failed',
  plan: 'default',
  hops: [],
  attempts: [],
  stats: STATS,
};
const rowOf = (id: number, isDone = true, label = '') => ({
  ...{ id, batch_id: 1, source: '192.0.2.9', destination: '192.0.2.1', label, created_at: new Date(0) },
  ...(isDone ? { state: 'done', result: RESULT } : { state: 'running', result: null }),
});
type Export = Parameters<typeof exportBatch>;
const exportOf = (read: (page: { limit: number; after: number }) => Promise<unknown[]>, after?: number) =>
  exportBatch(
    { batchId: 1, writer: jsonLines.create(), after } as Export[0],
    {
      batches: { measurementsOf: (_: number, page: { limit: number; after: number }) => read(page) },
      facts: {},
    } as unknown as Export[1],
  );
const idsOf = (text: string): number[] => [...text.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id));

describe('an export that continues another one', () => {
  it('ends before the first measurement that has not ended', async () => {
    const rows = [rowOf(11), rowOf(12), rowOf(13, false), rowOf(14)];
    const idsAfter = async (from?: number) => {
      let text = '';
      for await (const part of exportOf(async ({ after }) => rows.filter(({ id }) => id > after), from)) text += part;
      return idsOf(text);
    };
    expect(await idsAfter(0)).toEqual([11, 12]);
    expect(await idsAfter(11)).toEqual([12]);
    expect(await idsAfter(12)).toEqual([]);
    expect(await idsAfter(13)).toEqual([14]);
    expect(await idsAfter()).toEqual([11, 12, 14]);
  });
});

describe('the memory of exports', () => {
  const LABEL = 'x'.repeat(9_000);
  /** A batch of 1,000 long measurements. */
  const longBatch = async ({ limit, after }: { limit: number; after: number }) =>
    Array.from({ length: Math.min(limit, 1_000 - after) }, (_, i) => rowOf(after + i + 1, true, LABEL));

  it('is that of short texts, which hold every measurement once', async () => {
    const limits: number[] = [];
    const lengths: number[] = [];
    let text = '';
    for await (const part of exportOf((page) => {
      limits.push(page.limit);
      return longBatch(page);
    })) {
      lengths.push(part.length);
      text += part;
    }
    expect(idsOf(text)).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1));
    expect(Math.max(...limits)).toBe(64);
    expect(Math.max(...lengths)).toBeLessThan(64 * 1_024);
  });

  it('is shared: 16 of them have a page as objects at a time', async () => {
    let [reading, most] = [0, 0];
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const exports = Array.from({ length: 40 }, async () => {
      for await (const _ of exportOf(async (page) => {
        reading++;
        most = Math.max(most, reading);
        await released;
        reading--;
        return page.after === 0 ? longBatch(page) : [];
      }));
    });
    await new Promise(setImmediate);
    expect([reading, most]).toEqual([16, 16]);
    release();
    await Promise.all(exports);
    expect([reading, most]).toEqual([0, 16]);
  });

  it('is not held by a client that reads slowly', async () => {
    let pages = 0;
    const begun = Array.from({ length: 40 }, () =>
      exportOf((page) => {
        pages++;
        return longBatch(page);
      }),
    );
    for (const slow of begun) expect((await slow.next()).done).toBe(false);
    await new Promise(setImmediate);
    // Nobody has asked for more than the first part of the first page.
    expect(pages).toBe(begun.length);
    let text = '';
    for await (const part of exportOf(longBatch)) text += part;
    expect(idsOf(text)).toHaveLength(1_000);
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
        const row = textOf(format.create().add([measurementOf(text)]));
        const quoted = `'${text}`.replaceAll('"', '""');
        expect(row).toContain(/[",\r\n]/.test(text) ? `"${quoted}"` : `,${quoted},`);
        expect(row).not.toContain(`,${text}`);
      }
    },
  );

  it('keep negative numbers as numbers', () => {
    expect(textOf(csvPaths.create().add([measurementOf('a')]))).toContain(',-5,reaches,');
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
    expect(textOf(csvPaths.create().add([measurement]))).toContain(',64500 64510 64501,');
    expect(textOf(csvHops.create().add([measurement]))).toMatch(/,64510\r\n.*,\r\n.*,\r\n$/);
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
