import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from '@revtr/storage';
import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { csvHops, csvPaths } from '../src/api/exports/csv.ts';
import type { EndedMeasurement } from '../src/api/exports/export-format.ts';
import { registerExports } from '../src/api/exports/routes.ts';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';

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
        const row = format.create().add(measurementOf(text));
        const quoted = `'${text}`.replaceAll('"', '""');
        expect(row).toContain(/[",\r\n]/.test(text) ? `"${quoted}"` : `,${quoted},`);
        expect(row).not.toContain(`,${text}`);
      }
    },
  );

  it('keep negative numbers as numbers', () => {
    expect(csvPaths.create().add(measurementOf('a'))).toContain(',-5,reaches,');
  });
});
