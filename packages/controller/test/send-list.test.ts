import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { type LongList, sendList } from '../src/api/http/send-list.ts';

const IDS = Array.from({ length: 50_000 }, (_, i) => i + 1);
let readTimes = 0;
/** A table with the rows 1, 2, … that breaks behind a row. */
const table = (count: number, brokenBehind = Number.POSITIVE_INFINITY): LongList<number> => ({
  name: 'rows',
  read: async (limit, after = 0) => {
    readTimes++;
    if (after >= brokenBehind) throw new Error('the database is away');
    return IDS.slice(after, Math.min(after + limit, count));
  },
  toElement: async (id) => ({ id }),
  head: { note: 'a "quoted" note' },
  rest: () => ({ total: count }),
});
const LISTS: Record<string, LongList<number>> = {
  all: table(601),
  pages: table(500),
  none: table(0),
  most: { ...table(601), most: 300 },
  brokenAtOnce: table(601, 0),
  brokenSoon: table(601, 250),
  // Random text is as large compressed.
  brokenLater: { ...table(50_000, 20_000), toElement: () => randomBytes(1_000).toString('base64') },
  large: { ...table(50_000), toElement: () => 'x'.repeat(10_000) },
};

let app: FastifyInstance;
beforeAll(async () => {
  app = fastify();
  installErrorHandler(app);
  app.get<{ Params: { name: string } }>('/:name', (request, reply) =>
    sendList(request, reply, LISTS[request.params.name]),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

const fetched = (name: string, coding = ''): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { port } = app.server.address() as AddressInfo;
    const headers = coding === '' ? {} : { 'accept-encoding': coding };
    get({ port, path: `/${name}`, headers, agent: false }, resolve).on('error', reject);
  });

describe('a long list', () => {
  it.each([
    ['all', 601],
    ['pages', 500],
    ['none', 0],
    ['most', 300],
  ])('is sent with each row once: %s', async (name, count) => {
    const response = await fetched(name);
    const body = JSON.parse((await buffer(response)).toString());
    expect(response.headers['content-type']).toContain('application/json');
    expect(body.rows.map(({ id }: { id: number }) => id)).toEqual(IDS.slice(0, count));
    expect(body).toMatchObject({ note: 'a "quoted" note', total: name === 'most' ? 601 : count });
  });

  it.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate, br', 'br', brotliDecompressSync],
  ])('is compressed for a client that accepts %s', async (accepted, coding, decompress) => {
    const response = await fetched('all', accepted);
    expect(response.headers['content-encoding']).toBe(coding);
    expect(JSON.parse(decompress(await buffer(response)).toString()).rows).toHaveLength(601);
  });

  it.each(['', 'gzip', 'br'])(
    'is an error or a broken connection when it cannot be read (coding: %s)',
    async (coding) => {
      // Without compression, the first page is on its way when the second cannot be read.
      for (const name of coding === '' ? ['brokenAtOnce'] : ['brokenAtOnce', 'brokenSoon']) {
        const response = await fetched(name, coding);
        expect(response.statusCode).toBe(500);
        expect(JSON.parse((await buffer(response)).toString()).error.code).toBe('internal');
      }
      await expect(fetched('brokenLater', coding).then(buffer)).rejects.toThrow('aborted');
    },
  );

  it('is read in pages that do not grow with it', async () => {
    const limits: number[] = [];
    const list = LISTS.all;
    LISTS.counted = {
      ...list,
      read: (limit, after) => {
        limits.push(limit);
        return list.read(limit, after);
      },
    };
    expect(JSON.parse((await buffer(await fetched('counted'))).toString()).rows).toHaveLength(601);
    expect([limits.length, Math.max(...limits)]).toEqual([10, 64]);
  });

  it('is not read beyond the first page for its head alone', async () => {
    readTimes = 0;
    let ended = 0;
    LISTS.headed = { ...LISTS.large, rest: () => ({ ended: ++ended }) };
    const { port } = app.server.address() as AddressInfo;
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          request({ port, path: '/headed', method: 'HEAD', agent: false }, resolve).on('error', reject).end();
        }).then(async (response) => {
          expect(await buffer(response)).toHaveLength(0);
          expect(response.headers['content-type']).toContain('application/json');
          return response.statusCode;
        }),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Whoever went on would have its turn before these requests have been answered.
    expect(JSON.parse((await buffer(await fetched('all'))).toString()).rows).toHaveLength(601);
    expect([readTimes, ended]).toEqual([20 + 10, 0]);
  });

  it('is read no further when the client leaves', async () => {
    readTimes = 0;
    const response = await fetched('large');
    response.destroy();
    await new Promise((resolve) => response.on('close', resolve));
    expect(readTimes).toBeLessThan(50);
  });
});
