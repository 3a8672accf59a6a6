import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { Authority } from '@revtr/link';
import { systemClock } from '@revtr/probing';
import type { MeasurementOutline, User } from '@revtr/storage';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authenticator, Caller } from '../../src/api/http/authenticate.ts';
import type { ApiCollaborators } from '../../src/api/http/collaborators.ts';
import { registerRevtrApi } from '../../src/api/original/revtr-api.ts';
import { RevtrService } from '../../src/api/original/revtr-service.ts';
import { openGrpc } from '../../src/composition/open-grpc.ts';
import { ControllerError } from '../../src/foundation/errors.ts';
import { Metrics } from '../../src/foundation/metrics.ts';
import { GetRevtrMetaOnlyReqSchema } from '../../src/grpc/generated/revtr_pb.ts';
import { framed, rawCall, rawSession } from './raw-call.ts';

const SIZE = 600;
/** Limits with which outlines were read. */
const limits: number[] = [];
let held: Promise<void> | undefined;
const outlineOf = (id: number): Partial<MeasurementOutline> => ({
  ...{ id, state: 'done', stop_reason: 'reached', source: '192.0.2.1', destination: '192.0.2.2' },
});
const user: Partial<User> = { id: 1, role: 'user' };
const caller: Partial<Caller> = { user: user as User, scopes: ['read', 'measure'], keyId: 1 };
const authenticator: Partial<Authenticator> = {
  callerWith: async (_requester, key) => {
    if (key !== 'right') throw new ControllerError('unauthorized', 'the key is not known');
    return caller as Caller;
  },
  callerOf: async () => caller as Caller,
};
/** A service whose database holds one batch; the tests of the laboratory run the real one. */
const collaborators = {
  submission: { batchOf: async () => ({ id: 1 }), maxBatch: 20_000 },
  batches: {
    outlinesOf: async (_id: number, { limit, after }: { limit: number; after: number }) => {
      limits.push(limit);
      await held;
      return Array.from({ length: Math.min(limit, SIZE - after) }, (_, i) => outlineOf(after + i + 1));
    },
  },
  ...{ authenticator, clock: systemClock, readiness: { read: async () => ({ isReady: true }) } },
  auditEvents: { count: () => undefined },
} as unknown as ApiCollaborators;
const revtr = new RevtrService(collaborators);

const directory = mkdtempSync(join(tmpdir(), 'revtr-grpc-'));
const authority = await Authority.open(directory, new Date());
rmSync(directory, { recursive: true });
const server = openGrpc(
  { host: 'localhost', port: 0, tls: await authority.createServer(['localhost'], new Date()) },
  { ...collaborators, revtr, metrics: new Metrics(), log: pino({ level: 'silent' }) },
);
let port = 0;
beforeAll(async () => {
  port = await server.start();
});
afterAll(() => server.stop());

const META = '/pb.Revtr/GetRevtrMetaOnly';
const metaRequest = framed(toBinary(GetRevtrMetaOnlyReqSchema, create(GetRevtrMetaOnlyReqSchema, { batchId: 1 })));

describe('the gRPC interface', () => {
  it('accepts large messages only from callers whose key was checked', async () => {
    const session = rawSession(port);
    const statusOf = async (path: string, message: Uint8Array, key?: string) =>
      (await rawCall(session, path, { body: framed(message), ...(key && { headers: { 'revtr-key': key } }) })).status;
    // Field 1 of both requests: a text, or empty pairs.
    const large = toBinary(GetRevtrMetaOnlyReqSchema, create(GetRevtrMetaOnlyReqSchema, { auth: 'x'.repeat(2 ** 20) }));
    const parts = (count: number) => Buffer.from('0a00'.repeat(count), 'hex');
    const refused = String(status.RESOURCE_EXHAUSTED);
    for (const key of [undefined, 'right', 'wrong'])
      expect(await statusOf('/grpc.health.v1.Health/Check', large, key), key).toBe(refused);
    expect(await statusOf(META, large)).toBe(refused);
    expect(await statusOf(META, large, 'wrong')).toBe(String(status.UNAUTHENTICATED));
    expect(await statusOf(META, large, 'right')).toBe('0');
    expect(await statusOf('/pb.Revtr/RunRevtr', parts(5_000))).toBe(String(status.UNAUTHENTICATED));
    expect(await statusOf('/pb.Revtr/RunRevtr', parts(5_001))).toBe(refused);
    expect(await statusOf('/pb.Revtr/RunRevtr', parts(20_001), 'right')).toBe(String(status.INVALID_ARGUMENT));
    session.destroy();
  });

  it('reads outlines in pages, and none after the deadline', async () => {
    limits.length = 0;
    const session = rawSession(port);
    const headers = { 'revtr-key': 'right' };
    expect((await rawCall(session, META, { body: metaRequest, headers })).status).toBe('0');
    expect(limits).toEqual([250, 250, 250]);
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    const late = rawCall(session, META, { body: metaRequest, headers: { ...headers, 'grpc-timeout': '1S' } });
    await expect.poll(() => limits.length).toBe(4);
    expect((await late).status).toBe(String(status.DEADLINE_EXCEEDED));
    held = undefined;
    resolve();
    expect((await rawCall(session, META, { body: metaRequest, headers })).status).toBe('0');
    // One read for the late call, and three for the last.
    expect(limits).toHaveLength(7);
    session.destroy();
  });
});

it('REST bounds the lists of outlines of a user, and sends them in pages', async () => {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('caller', null);
  registerRevtrApi(app, { ...collaborators, revtr });
  const get = (url: string) => app.inject({ url, headers: { 'revtr-key': 'right' } });
  const { promise, resolve } = Promise.withResolvers<void>();
  held = promise;
  limits.length = 0;
  const urls = ['/api/v2/revtr/meta/1', '/api/v2/revtr/status/1'];
  const pending = [0, 1, 2, 3].flatMap(() => urls.map(get));
  await expect.poll(() => limits.length).toBe(8);
  for (const url of urls) expect((await get(url)).statusCode).toBe(429);
  held = undefined;
  resolve();
  const [meta, statuses] = await Promise.all(pending);
  expect(meta.json().revtrsMeta).toHaveLength(SIZE);
  expect(statuses.json()).toEqual({ revtrsStatus: Array.from({ length: SIZE }, () => 'COMPLETED') });
  expect((await get(urls[0])).statusCode).toBe(200);
  await app.close();
});
