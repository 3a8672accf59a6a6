import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { credentials, status } from '@grpc/grpc-js';
import { Authority } from '@revtr/link';
import { systemClock } from '@revtr/probing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Metrics } from '../../src/foundation/metrics.ts';
import { isAuthenticatedKey } from '../../src/grpc/call-context.ts';
import { Revtr } from '../../src/grpc/generated/revtr_pb.ts';
import { GrpcServer } from '../../src/grpc/grpc-server.ts';
import { framed, rawCall, rawSession } from './raw-call.ts';
import { serviceOf } from './service-of.ts';

const GET_SOURCES = '/pb.Revtr/GetSources';
const GET_REVTR = '/pb.Revtr/GetRevtr';
const KiB = 2 ** 10;
const directory = mkdtempSync(join(tmpdir(), 'revtr-grpc-'));
const authority = await Authority.open(directory, new Date());
rmSync(directory, { recursive: true });
const tls = await authority.createServer(['localhost'], new Date());

/** Lines of the log of the server. */
const lines: string[] = [];
const metrics = new Metrics();
/** What became of the calls that never end by themselves. */
const abandoned: string[] = [];
/** Calls whose implementation does not look at its signal. */
const working = { begun: 0, released: Promise.withResolvers<void>() };
let begun = 0;
let isServing = true;
const server = new GrpcServer(
  {
    name: 'test',
    host: 'localhost',
    port: 0,
    tls,
    limits: {
      connections: { total: 20, perAddress: 12 },
      message: { bytes: 64 * KiB, withCredentialBytes: 256 * KiB, inStreamBytes: 16 * KiB },
      nested: { messages: 1_000, withCredentialMessages: 2_000 },
      receiving: { total: 512 * KiB, perAddress: 300 * KiB },
      calls: { total: 4_000, perAddress: 400 },
      streams: { total: 500, perAddress: 4 },
      messageMs: 3_000,
      stopMs: 500,
      pingMs: 1_000,
    },
  },
  {
    routes: (router) =>
      router.service(Revtr, {
        getSources: (request) => ({ srcs: [{ hostname: 'a.example', ip: '192.0.2.1', site: request.auth }] }),
        getRevtr: (_request, { signal }) =>
          new Promise((_resolve, reject) => {
            begun++;
            signal.addEventListener('abort', () => {
              abandoned.push(ConnectError.from(signal.reason).code === Code.DeadlineExceeded ? 'deadline' : 'left');
              reject(new Error('ended'));
            });
          }),
        getRevtrByLabel: async () => {
          working.begun++;
          await working.released.promise;
          return {};
        },
        runAtlas: () => {
          throw new Error('a fault of the server');
        },
      }),
    requestGate: async ({ service, requestHeader, values }) => {
      const key = requestHeader.get('revtr-key');
      if (service !== Revtr || key === null) return;
      if (key === 'wrong') throw new ConnectError('unknown key', Code.Unauthenticated);
      values.set(isAuthenticatedKey, true);
    },
    toConnectError: (error) =>
      error instanceof ConnectError ? error : new ConnectError('the server failed', Code.Internal),
    isServing: async () => isServing,
    clock: systemClock,
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    metrics,
  },
);
let port = 0;

const clientOf = (file: string, name: string) => {
  const Client = serviceOf(file, name, { longs: String, enums: String });
  return new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(authority.rootCertificate)));
};
const countedOf = async (reason: string): Promise<number> => {
  const { values } = (await metrics.registry.getSingleMetric('revtr_grpc_refused_total')?.get()) ?? { values: [] };
  return values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
};
/** How many calls of a method have ended for their clients. */
const endedOf = async (method: string): Promise<number> => {
  const text = await metrics.registry.getSingleMetricAsString('revtr_grpc_call_duration_seconds');
  const line = text.split('\n').find((each) => each.includes('_count{') && each.includes(`method="${method}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
};

beforeAll(async () => {
  port = await server.start();
});
afterAll(() => server.stop());

describe('a gRPC server', () => {
  it('answers a client of another implementation', async () => {
    const revtr = clientOf('api/original/proto/revtr.proto', 'pb.Revtr');
    const call = (method: string, message: object, deadlineMs = 20_000) =>
      new Promise<{ error?: { code?: number; details?: string }; answer?: unknown }>((resolve) => {
        revtr[method](
          message,
          { deadline: Date.now() + deadlineMs },
          (error: { code: number } | null, answer: unknown) => resolve(error === null ? { answer } : { error }),
        );
      });
    expect(await call('getSources', { auth: 'site' })).toEqual({
      answer: { srcs: [{ hostname: 'a.example', ip: '192.0.2.1', site: 'site' }] },
    });
    expect(await call('cleanAtlas', {})).toMatchObject({ error: { code: status.UNIMPLEMENTED } });
    expect(await call('runAtlas', {})).toMatchObject({
      error: { code: status.INTERNAL, details: 'the server failed' },
    });
    expect(await call('getRevtr', {}, 300)).toMatchObject({ error: { code: status.DEADLINE_EXCEEDED } });
    revtr.close();
  });

  it('answers calls that a client sends before it knows how many it may send', async () => {
    const session = rawSession(port);
    const body = framed(new Uint8Array());
    const answers = await Promise.all(Array.from({ length: 300 }, () => rawCall(session, GET_SOURCES, { body })));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set(['0']));
    session.destroy();
  });

  it('describes itself by reflection', async () => {
    for (const version of ['v1', 'v1alpha']) {
      const file = `grpc/proto/grpc/reflection/${version}/reflection.proto`;
      const reflection = clientOf(file, `grpc.reflection.${version}.ServerReflection`);
      const ask = (question: object) =>
        new Promise<Record<string, { fileDescriptorProto: Buffer[]; service: object[] }>>((resolve, reject) => {
          const stream = reflection.serverReflectionInfo();
          stream.on('data', resolve).on('error', reject);
          stream.end(question);
        });
      expect((await ask({ listServices: '' })).listServicesResponse.service).toContainEqual({ name: 'pb.Revtr' });
      expect(await ask({ fileContainingSymbol: 'pb.None' })).toMatchObject({ errorResponse: { errorCode: 5 } });
      for (const question of [
        { fileContainingSymbol: 'pb.Revtr.RunRevtr' },
        { fileContainingSymbol: 'pb.RevtrHopType' },
        { fileByFilename: 'revtr.proto' },
      ]) {
        const { fileDescriptorProto } = (await ask(question)).fileDescriptorResponse;
        const files = fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
        expect(files.map(({ name }) => name)).toEqual(['revtr.proto', 'google/protobuf/duration.proto']);
        expect(toBinary(FileDescriptorProtoSchema, files[0])).toEqual(
          toBinary(FileDescriptorProtoSchema, Revtr.file.proto),
        );
      }
      reflection.close();
    }
  });

  it('says by the health service whether it works', async () => {
    const health = clientOf('grpc/proto/grpc/health/v1/health.proto', 'grpc.health.v1.Health');
    const check = (service: string) =>
      new Promise((resolve) => {
        health.check({ service }, (error: { code: number } | null, answer: { status: string }) =>
          resolve(error?.code ?? answer.status),
        );
      });
    expect(await check('')).toBe('SERVING');
    expect(await check('pb.Revtr')).toBe('SERVING');
    expect(await check('pb.None')).toBe(status.NOT_FOUND);
    isServing = false;
    expect(await check('pb.Revtr')).toBe('NOT_SERVING');
    isServing = true;
    const watched = await new Promise((resolve) => {
      const stream = health.watch({ service: 'pb.None' });
      stream
        .on('error', () => undefined)
        .on('data', (answer: unknown) => {
          resolve(answer);
          stream.cancel();
        });
    });
    expect(watched).toEqual({ status: 'SERVICE_UNKNOWN' });
    health.close();
  });

  it('ends calls by their deadline and when the client cancels them', async () => {
    const session = rawSession(port);
    const before = abandoned.length;
    const answer = await rawCall(session, GET_REVTR, {
      body: framed(new Uint8Array()),
      headers: { 'grpc-timeout': '200m' },
    });
    expect(answer.status).toBe(String(status.DEADLINE_EXCEEDED));
    const begunBefore = begun;
    const left = rawCall(session, GET_REVTR, { body: framed(new Uint8Array()) });
    await expect.poll(() => begun).toBe(begunBefore + 1);
    session.destroy();
    await left;
    await expect.poll(() => abandoned.slice(before)).toEqual(['deadline', 'left']);
  });
});

describe('bad input to a gRPC server', () => {
  const large = (bytes: number, { length = bytes } = {}) => framed(new Uint8Array(bytes), { length });

  it('is refused, logged and counted', async () => {
    const session = rawSession(port);
    const call = (options: Parameters<typeof rawCall>[2], path = GET_SOURCES) => rawCall(session, path, options);
    const empty = framed(new Uint8Array());
    const cases: readonly (readonly [string, Promise<{ status: string | undefined }>, number, string])[] = [
      ['no service', call({ body: empty }, '/pb.None/GetSources'), status.UNIMPLEMENTED, 'unimplemented'],
      ['no method', call({ body: empty }, '/pb.Revtr/None'), status.UNIMPLEMENTED, 'unimplemented'],
      [
        'a wrong key',
        call({ body: empty, headers: { 'revtr-key': 'wrong' } }),
        status.UNAUTHENTICATED,
        'unauthenticated',
      ],
      [
        'another message',
        call({ body: framed(Buffer.from('0a05ffff', 'hex')) }),
        status.INVALID_ARGUMENT,
        'badMessage',
      ],
      [
        'text that is not UTF-8',
        call({ body: framed(Buffer.from('0a02ffff', 'hex')) }),
        status.INVALID_ARGUMENT,
        'badMessage',
      ],
      ['an endless varint', call({ body: framed(Buffer.alloc(64, 0xff)) }), status.INVALID_ARGUMENT, 'badMessage'],
      ['a cut frame', call({ body: large(10, { length: 20 }) }), status.INVALID_ARGUMENT, 'badMessage'],
      [
        'a bad deadline',
        call({ body: empty, headers: { 'grpc-timeout': 'soon' } }),
        status.INVALID_ARGUMENT,
        'badMessage',
      ],
      ['a large message', call({ body: large(65 * KiB) }), status.RESOURCE_EXHAUSTED, 'limit'],
      ['4 GiB, announced', call({ body: large(10, { length: 2 ** 32 - 1 }) }), status.RESOURCE_EXHAUSTED, 'limit'],
      [
        'more than slow',
        call({ body: large(10, { length: 20 }), isEnded: false }),
        status.DEADLINE_EXCEEDED,
        'tooSlow',
      ],
    ];
    for (const [name, answer, code, reason] of cases) {
      expect((await answer).status, name).toBe(String(code));
      await expect.poll(() => countedOf(reason), { message: name }).toBeGreaterThan(0);
      expect(
        lines.some((line) => line.includes(`"reason":"${reason}"`)),
        name,
      ).toBe(true);
    }
    expect(lines.join()).not.toContain('%20');
    expect((await call({ body: large(100 * KiB), headers: { 'revtr-key': 'right' } })).status).not.toBe(
      String(status.RESOURCE_EXHAUSTED),
    );
    const web = await call({ body: empty, headers: { 'content-type': 'application/json' } });
    expect(web.httpStatus).toBe(415);
    expect((await call({ body: empty })).status).toBe('0');
    session.destroy();
  });

  it('cannot fill the memory with messages that do not end', async () => {
    const session = rawSession(port);
    const headers = { 'revtr-key': 'right' };
    const body = framed(new Uint8Array(120 * KiB), { length: 250 * KiB });
    const codes: (string | undefined)[] = [];
    const calls = Array.from({ length: 4 }, async () => {
      codes.push((await rawCall(session, GET_SOURCES, { body, headers, isEnded: false })).status);
    });
    await expect.poll(() => codes).toContain(String(status.RESOURCE_EXHAUSTED));
    expect((await rawCall(session, GET_SOURCES, { body: framed(new Uint8Array()) })).status).toBe('0');
    session.destroy();
    await Promise.all(calls);
  });

  it('cannot be headers without end, or a message that grows', async () => {
    const session = rawSession(port);
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']));
    const call = async (headers: Record<string, string>, body = framed(new Uint8Array())) =>
      (await rawCall(session, GET_SOURCES, { body, headers })).status;
    expect(await call({ 'x-long': 'y'.repeat(20 * KiB) })).toBe(String(status.RESOURCE_EXHAUSTED));
    expect(await call(fields(70))).toBe(String(status.RESOURCE_EXHAUSTED));
    // Compressed messages are not accepted: the smallest of them could become the largest.
    const bomb = framed(gzipSync(new Uint8Array(8 * KiB * KiB)), { flags: 1 });
    expect(await call({ 'grpc-encoding': 'gzip' }, bomb)).toBe(String(status.UNIMPLEMENTED));
    expect(await call({})).toBe('0');
    expect(await call(fields(500))).toBeUndefined();
    session.destroy();
  });

  it('cannot be a message of a great many small ones', async () => {
    const session = rawSession(port);
    const call = async (hex: string, count: number, headers = {}) =>
      (await rawCall(session, '/pb.Revtr/RunRevtr', { body: framed(Buffer.from(hex.repeat(count), 'hex')), headers }))
        .status;
    const [decoded, refused] = [String(status.UNIMPLEMENTED), String(status.RESOURCE_EXHAUSTED)];
    expect(await call('0a00', 1_000)).toBe(decoded);
    expect(await call('0a00', 1_001)).toBe(refused);
    // Two messages: a pair with options.
    expect(await call('0a024200', 500)).toBe(decoded);
    expect(await call('0a024200', 501)).toBe(refused);
    expect(await call('0a00', 2_000, { 'revtr-key': 'right' })).toBe(decoded);
    expect(await call('0a00', 2_001, { 'revtr-key': 'right' })).toBe(refused);
    const json = { 'content-type': 'application/grpc+json' };
    const asJson = rawCall(session, GET_SOURCES, { body: framed(Buffer.from('{}')), headers: json });
    expect((await asJson).status).toBe(String(status.UNIMPLEMENTED));
    session.destroy();
  });

  it('cannot be a second message', async () => {
    const session = rawSession(port);
    const body = Buffer.concat([framed(new Uint8Array()), framed(new Uint8Array(100), { length: 60 * KiB })]);
    // Refused while the second message is not whole.
    const { status: code } = await rawCall(session, GET_SOURCES, { body, isEnded: false });
    expect(code).toBe(String(status.UNIMPLEMENTED));
    session.destroy();
  });

  it('cannot take more places by leaving calls whose implementation goes on', async () => {
    const session = rawSession(port);
    const body = framed(new Uint8Array());
    const calls = Array.from({ length: 400 }, () => rawCall(session, '/pb.Revtr/GetRevtrByLabel', { body }));
    await expect.poll(() => working.begun).toBe(400);
    session.destroy();
    await Promise.all(calls);
    await expect.poll(() => endedOf('pb.Revtr/GetRevtrByLabel')).toBe(400);
    const other = rawSession(port);
    const statusNow = async () => (await rawCall(other, GET_SOURCES, { body })).status;
    expect(await statusNow()).toBe(String(status.RESOURCE_EXHAUSTED));
    working.released.resolve();
    await expect.poll(statusNow).toBe('0');
    other.destroy();
  });

  it('cannot take all places, or much memory, with calls that do not end', async () => {
    const session = rawSession(port);
    const refused = String(status.RESOURCE_EXHAUSTED);
    const watch = (options: object = {}) =>
      rawCall(session, '/grpc.health.v1.Health/Watch', { body: framed(new Uint8Array()), ...options });
    const large = framed(new Uint8Array(10), { length: 17 * KiB });
    const reflected = rawCall(session, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', {
      ...{ body: large, isEnded: false, headers: { 'revtr-key': 'right' } },
    });
    expect((await reflected).status).toBe(refused);
    const watches = Array.from({ length: 4 }, () => watch());
    expect((await watch()).status).toBe(refused);
    expect((await rawCall(session, GET_SOURCES, { body: framed(new Uint8Array()) })).status).toBe('0');
    const slow = Array.from({ length: 400 }, () => rawCall(session, GET_SOURCES, { isEnded: false }));
    expect((await rawCall(session, GET_SOURCES, { body: framed(new Uint8Array()) })).status).toBe(refused);
    session.destroy();
    await Promise.all([...watches, ...slow]);
    const other = rawSession(port);
    await expect
      .poll(async () => (await rawCall(other, GET_SOURCES, { body: framed(new Uint8Array()) })).status)
      .toBe('0');
    other.destroy();
  });

  it('can be no gRPC at all', async () => {
    const session = rawSession(port);
    expect((await rawCall(session, '//?', { headers: { ':authority': '[' } })).httpStatus).toBe(200);
    session.destroy();
    const endOf = (socket: ReturnType<typeof connectTcp>, bytes: string) =>
      new Promise((resolve) =>
        socket
          .on('error', () => undefined)
          .on('close', resolve)
          .resume()
          .write(bytes),
      );
    await endOf(connectTcp(port, 'localhost'), 'GET / HTTP/1.1\r\n\r\n');
    const notHttp2 = { host: 'localhost', port, rejectUnauthorized: false };
    await endOf(connectTls(notHttp2), 'GET / HTTP/1.1\r\n\r\n');
    await endOf(connectTls({ ...notHttp2, ALPNProtocols: ['h2'] }), 'GET / HTTP/1.1\r\n\r\n');
    for (const reason of ['tls', 'unknownProtocol', 'protocol'])
      await expect.poll(() => countedOf(reason), { message: reason }).toBeGreaterThan(0);
  });

  it('can be connections without number, and clients that do not answer', async () => {
    const sockets = Array.from({ length: 40 }, () => connectTcp(port, 'localhost').on('error', () => undefined));
    await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(28);
    expect(await countedOf('connections')).toBeGreaterThanOrEqual(28);
    for (const socket of sockets) socket.destroy();
    const patient = rawSession(port);
    await once(patient, 'connect');
    const silent = connectTls({ host: 'localhost', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    silent.on('error', () => undefined).resume();
    // The preface and empty settings; it never acknowledges a ping.
    silent.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    );
    await new Promise((resolve) => silent.on('close', resolve));
    expect((await rawCall(patient, GET_SOURCES, { body: framed(new Uint8Array()) })).status).toBe('0');
    patient.destroy();
  });
});
