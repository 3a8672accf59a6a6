import { status } from '@grpc/grpc-js';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sidecarCycle } from '../src/sidecar/cycle.ts';
import { localhostCertificate } from '../src/sidecar/localhost-certificate.ts';
import { isServiceError, OriginalClient } from '../src/sidecar/original-client.ts';
import { HOP_TYPES } from './original-requests.ts';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const MOST = { max_per_day: 5_000, max_parallel: 5_000, max_per_minute: 5_000 };
let system: TestSystem;
let key: string;
let client: OriginalClient;
beforeAll(async () => {
  system = await startTestSystem({ grpc: { host: 'localhost', port: 0, tls: await localhostCertificate() } });
  key = await addUser(system, 'grpc@revtr.example', MOST);
  client = new OriginalClient(`localhost:${system.controller.grpcPort}`);
});
afterAll(async () => {
  client.close();
  await system.stop();
});

/** The answers of the original; `strictObject` refuses every other name. */
const hopSchema = z.strictObject({
  hop: z.ipv4(),
  type: z.enum(HOP_TYPES),
  destBasedRoutingType: z.enum(['LOAD_BALANCING']).optional(),
  measurementId: z.string().regex(/^\d+$/).optional(),
  fromCache: z.boolean().optional(),
  rtt: z.int().optional(),
});
const revtrSchema = z.looseObject({
  ...{ status: z.literal('COMPLETED'), src: z.ipv4(), dst: z.ipv4(), id: z.int() },
  ...{ runtime: z.string().regex(/^\d+$/), stopReason: z.enum(['REACHES', 'FAILED', 'TRIVIAL']), date: z.string() },
  ...{ startTime: z.string().regex(/^\d+$/), endTime: z.string().regex(/^\d+$/) },
  path: z.array(hopSchema).optional(),
});
const runSchema = z.object({ batchId: z.int(), revtrs: z.array(revtrSchema).optional() });
const revtrsSchema = z.object({ revtrs: z.array(revtrSchema) });

const pairTo = (dst: string, more: object = {}) => ({ src: system.source, dst, ...more });
const run = async (revtrs: readonly object[], more: object = {}) =>
  runSchema.parse((await client.call('RunRevtr', { revtrs, auth: key, ...more })).message);
/** The status code and text with which a call fails. */
const failureOf = async (method: string, message: object, options = {}) => {
  try {
    return await client.call(method, message, options);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { code: error.code, text: error.details, details: error.metadata.get('grpc-status-details-bin').join() };
  }
};

describe('the gRPC service of the original', () => {
  it('measures, and answers by batch and label as REST does', async () => {
    const [one, two] = system.destinations;
    const { batchId, revtrs } = await run(
      [pairTo(one, { uuid: 'u-1', label: 'grpc' }), pairTo(two, { label: 'grpc', atlasOptions: { useAtlas: true } })],
      { waitUntilFinished: true },
    );
    expect(revtrs?.map(({ dst }) => dst)).toEqual([one, two]);
    const byBatch = (await client.call('GetRevtr', { batchId }, { metadata: { 'revtr-key': key } })).message;
    const { revtrs: read } = revtrsSchema.parse(byBatch);
    expect(read).toEqual(revtrs);
    expect(read.some(({ stopReason }) => stopReason === 'REACHES')).toBe(true);
    expect(read[0]).toMatchObject({ uuid: 'u-1', label: 'grpc' });
    const byLabel = (await client.call('GetRevtrByLabel', { label: 'grpc', auth: key })).message;
    expect(byLabel).toEqual(byBatch);
    const rest = await fetch(`${system.url}/api/v2/revtr/${batchId}`, { headers: { 'revtr-key': key } });
    const { revtrs: restRevtrs } = revtrsSchema.parse(await rest.json());
    expect(read.map(({ path, stats, ...others }) => others)).toMatchObject(
      restRevtrs.map(({ path, stats, ...others }) => others),
    );
    expect(read.map(({ path }) => path ?? [])).toEqual(restRevtrs.map(({ path }) => path ?? []));
    const ids = read.map(({ id }) => id);
    expect((await client.call('GetRevtrMetaOnly', { batchId, auth: key })).message).toEqual({
      revtrsMeta: [one, two].map((dst, i) => ({ status: 'COMPLETED', src: system.source, dst, id: ids[i] })),
    });
    expect((await client.call('GetRevtrBatchStatus', { batchId, auth: key })).message).toEqual({
      revtrsStatus: ['COMPLETED', 'COMPLETED'],
    });
    await client.call('UpdateRevtr', { auth: key, revtrId: ids[1], tracerouteId: '9007199254740991' });
    const updated = revtrsSchema.parse((await client.call('GetRevtr', { batchId, auth: key })).message);
    expect(updated.revtrs.map(({ forwardTracerouteId }) => forwardTracerouteId)).toEqual([
      undefined,
      '9007199254740991',
    ]);
  });

  it('lists sources, and knows those with an atlas', async () => {
    const all = (await client.call('GetSources', { auth: key })).message;
    const sources = system.world.sources.map(({ address }) => formatIpv4(address));
    expect(
      z
        .object({ srcs: z.array(z.object({ ip: z.string() })) })
        .parse(all)
        .srcs.map(({ ip }) => ip),
    ).toEqual(expect.arrayContaining(sources));
    expect((await client.call('GetSources', { auth: key, onlyWithAtlas: true })).message).toEqual(all);
    await client.call('CleanAtlas', { source: sources[1], auth: system.key });
    const { message } = await client.call('GetSources', { auth: key, onlyWithAtlas: true });
    const withAtlas = z.object({ srcs: z.array(z.object({ ip: z.string() })) }).parse(message);
    expect(withAtlas.srcs.map(({ ip }) => ip)).not.toContain(sources[1]);
    await client.call('RunAtlas', { source: sources[1], auth: system.key });
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const actions = JSON.stringify(await fleet.auditEvents({ kind: 'operatorAction' }));
    for (const method of ['CleanAtlas', 'RunAtlas']) expect(actions).toContain(`gRPC pb.Revtr/${method}`);
  });

  it('refuses what REST refuses, with status codes of gRPC', async () => {
    const [one] = system.destinations;
    const poor = await addUser(system, 'poor@revtr.example', { max_per_day: 1 });
    const reader = await addUser(system, 'reader@revtr.example');
    const { batchId } = await run([pairTo(one)]);
    await client.call('RunRevtr', { revtrs: [pairTo(one)], auth: poor });
    const cases: readonly (readonly [string, object, number, string])[] = [
      ['GetSources', {}, status.UNAUTHENTICATED, 'carries an API key'],
      ['GetSources', { auth: 'unknown' }, status.UNAUTHENTICATED, 'not known'],
      ['RunRevtr', { revtrs: [pairTo(one)], auth: 'unknown' }, status.UNAUTHENTICATED, 'not known'],
      ['RunRevtr', { auth: key }, status.INVALID_ARGUMENT, 'no pair'],
      ['RunRevtr', { revtrs: [pairTo('10.0.0.1')], auth: key }, status.INVALID_ARGUMENT, 'cannot be measured'],
      ['RunRevtr', { revtrs: [pairTo('2001:db8::1')], auth: key }, status.INVALID_ARGUMENT, 'ipv6NotSupported'],
      [
        'RunRevtr',
        { revtrs: [{ src: '2001:db8::1', dst: one }], auth: key },
        status.INVALID_ARGUMENT,
        'ipv6NotSupported',
      ],
      ['RunRevtr', { revtrs: [pairTo(one, { label: 'x\0' })], auth: key }, status.INVALID_ARGUMENT, 'NUL'],
      ['RunRevtr', { revtrs: [pairTo(one, { maxSpoofers: 999 })], auth: key }, status.INVALID_ARGUMENT, 'form'],
      ['RunRevtr', { revtrs: [pairTo(one)], auth: poor }, status.RESOURCE_EXHAUSTED, 'day'],
      ['GetRevtr', { batchId, auth: reader }, status.NOT_FOUND, 'no batch'],
      ['GetRevtrByLabel', { label: 'none', auth: key }, status.NOT_FOUND, 'label'],
      ['UpdateRevtr', { revtrId: 2 ** 31, tracerouteId: '1', auth: key }, status.NOT_FOUND, 'no measurement'],
      ['CleanAtlas', { source: system.source, auth: key }, status.NOT_FOUND, 'no source of yours'],
      ['RunAtlas', { source: '2001:db8::1', auth: key }, status.INVALID_ARGUMENT, 'ipv6NotSupported'],
      ['RunAtlas', { source: 'x', auth: key }, status.NOT_FOUND, 'no source of yours'],
    ];
    for (const [method, message, code, text] of cases) {
      const failure = await failureOf(method, message);
      expect(failure, `${method} ${JSON.stringify(message)}`).toMatchObject({ code });
      expect(JSON.stringify(failure)).toContain(text);
    }
    const quota = await failureOf('RunRevtr', { revtrs: [pairTo(one)], auth: poor });
    expect(JSON.stringify(quota)).toContain('google.rpc.RetryInfo');
    const { headers } = await client.call('RunRevtr', { revtrs: [pairTo(one), pairTo('10.0.0.1')], auth: key });
    expect(headers.get('rejected-pairs')).toEqual(['1']);
    expect(await failureOf('GetSources', { auth: key }, { metadata: { 'api-key': 'unknown' } })).toMatchObject({
      code: status.UNAUTHENTICATED,
    });
  });

  it('keeps an accepted batch when its client does not wait to the end', async () => {
    const label = 'left';
    const revtrs = system.destinations.slice(2, 30).map((dst) => pairTo(dst, { label }));
    const failure = await failureOf('RunRevtr', { revtrs, auth: key, waitUntilFinished: true }, { deadlineMs: 1 });
    expect(failure).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    const leaving = new AbortController();
    const left = failureOf('RunRevtr', { revtrs, auth: key, waitUntilFinished: true }, { signal: leaving.signal });
    await expect
      .poll(async () => JSON.stringify(await failureOf('GetRevtrByLabel', { label, auth: key })))
      .toContain(revtrs[27].dst);
    leaving.abort();
    await left;
    await expect
      .poll(async () => JSON.stringify(await client.call('GetRevtrByLabel', { label, auth: key })))
      .not.toContain('RUNNING');
  });

  it("carries the sidecar's cycle without an error or a loss", async () => {
    const report = await sidecarCycle(
      { seconds: 2, perSecond: 25, pairs: 2, sourcesEveryMs: 500, settleMs: 60_000 },
      { client, key, destinations: system.destinations, onProgress: () => undefined },
    );
    expect(report).toMatchObject({ batches: 50, errors: {}, lost: 0, ended: { COMPLETED: 100 } });
  });
});
