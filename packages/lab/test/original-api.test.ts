import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HOP_TYPES, originalRequests, sendAsIs } from './original-requests.ts';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
let key: string;
let vantagePoint: string;
/** Destinations that answer echo requests with the Record Route option. */
let answering: readonly string[];
beforeAll(async () => {
  system = await startTestSystem();
  vantagePoint = formatIpv4(system.world.vantagePoints[0]);
  const most = { max_per_day: 5_000, max_parallel: 5_000, max_per_minute: 5_000 };
  key = await addUser(system, 'original@revtr.example', most);
  const { probes: client } = clientWith(key);
  const candidates = system.destinations.slice(0, 60).map((to) => ({ from: system.source, to }));
  const { probes } = await client.wait((await client.send({ type: 'recordRoute', probes: candidates })).id);
  answering = probes.flatMap(({ to, result }) =>
    result?.replies?.some(({ icmpType, recordRoute }) => icmpType === 0 && recordRoute !== undefined) ? to : [],
  );
});
afterAll(() => system.stop());

const clientWith = (apiKey: string) => new ReverseTracerouteClient({ server: system.url, key: apiKey });

/** The answers of the original, with its types: addresses as numbers, 64-bit numbers as text. */
const address = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const time = z.strictObject({ sec: z.string().regex(/^\d+$/).optional(), usec: z.string().regex(/^\d+$/).optional() });
const pingsSchema = z.strictObject({
  pings: z.array(
    z.strictObject({
      ...{
        type: z.literal('ping'),
        method: z.literal('icmp-echo'),
        src: address,
        dst: address,
        start: time,
        ttl: z.int(),
      },
      pingSent: z.int(),
      flags: z.array(z.enum(['v4rr', 'spoof', 'tsonly', 'tsandaddr'])).optional(),
      responses: z
        .array(
          z.strictObject({
            ...{
              from: address,
              seq: z.int().optional(),
              replyTtl: z.int(),
              replyProto: z.literal('icmp'),
              tx: time,
              rx: time,
            },
            ...{ rtt: z.int(), icmpType: z.int().optional(), icmpCode: z.int().optional() },
            RR: z.array(address).optional(),
            tsandaddr: z.array(z.strictObject({ ip: address, ts: z.int().optional() })).optional(),
          }),
        )
        .optional(),
      statistics: z.strictObject({
        ...{
          replies: z.int().optional(),
          loss: z.int().optional(),
          min: z.number().optional(),
          max: z.number().optional(),
        },
        ...{ avg: z.number().optional(), stddev: z.number().optional() },
      }),
      ...{ id: z.string().regex(/^\d+$/), label: z.string().optional() },
    }),
  ),
});

describe('the measurement API of the original', () => {
  const call = async (
    method: string,
    path: string,
    body?: object,
    apiKey = key,
  ): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(path.startsWith('http') ? path : `${system.url}/api/v1/${path}`, {
      method,
      headers: { 'Api-Key': apiKey },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const resultsSchema = z.strictObject({ results: z.url() });
  /** Asks for probes, waits as the clients of the original do, and returns the answer with their results. */
  const results = async (path: string, body: object): Promise<unknown> => {
    const accepted = await call('POST', path, body);
    expect(accepted.status).toBe(200);
    const { results: url } = resultsSchema.parse(accepted.body);
    await clientWith(key).probes.wait(Number(new URL(url).searchParams.get('id')));
    return (await call('GET', url)).body;
  };

  it('lists the hosts that can send', async () => {
    const { body } = await call('GET', 'vps');
    const { VPS } = z.strictObject({ VPS: z.array(z.strictObject({ IP: z.ipv4() })) }).parse(body);
    expect(VPS.map(({ IP }) => IP)).toEqual(expect.arrayContaining([system.source, vantagePoint]));
  });

  it('answers pings, Record Route and timestamp probes with the names and types of the original', async () => {
    const [dst] = answering;
    const pair = { src: system.source, dst };
    const {
      pings: [ping],
    } = pingsSchema.parse(await results('ping', { pings: [{ ...pair, count: 2, label: 'x' }], priority: 1 }));
    expect(ping).toMatchObject({ src: parseIpv4(system.source), dst: parseIpv4(dst), pingSent: 2, label: 'x' });
    expect(ping.responses).toHaveLength(2);
    expect(ping.statistics.replies).toBe(2);
    const [{ rtt }] = ping.responses ?? [];
    expect((ping.statistics.min ?? 0) * 1000).toBeLessThanOrEqual(rtt + 1);
    const {
      pings: [rr],
    } = pingsSchema.parse(await results('rr', { pings: [pair] }));
    expect(rr.flags).toEqual(['v4rr']);
    expect(rr.responses?.[0].RR?.length).toBeGreaterThan(0);
    const asPing = pingsSchema.parse(await results('ping', { pings: [{ ...pair, count: 1, is_record_route: true }] }));
    expect(asPing.pings[0].responses?.[0].RR).toEqual(rr.responses?.[0].RR);
    const timestamp = `tsprespec=${dst},${system.source}`;
    const {
      pings: [ts],
    } = pingsSchema.parse(await results('ts', { pings: [{ ...pair, timestamp }] }));
    expect(ts.flags).toEqual(['tsandaddr']);
    for (const { tsandaddr = [] } of ts.responses ?? []) expect(tsandaddr[0]?.ip).toBe(parseIpv4(dst));
  });

  it('answers traceroutes', async () => {
    const body = await results('traceroute', { traceroutes: [{ src: system.source, dst: answering[0], attempts: 1 }] });
    const schema = z.strictObject({
      traceroutes: z.array(
        z.strictObject({
          ...{
            type: z.literal('trace'),
            method: z.string(),
            src: address,
            dst: address,
            stopReason: z.literal('COMPLETED'),
          },
          start: time.extend({ ftime: z.string().regex(/^"\d{4}-\d\d-[ \d]\d \d\d:\d\d:\d\d"$/) }),
          ...{ hopCount: z.int(), attempts: z.literal(1), firsthop: z.int(), gapLimit: z.int(), platform: z.string() },
          hops: z.array(z.strictObject({ addr: address, probeTtl: z.int(), rtt: time })),
          id: z.string(),
        }),
      ),
    });
    const {
      traceroutes: [trace],
    } = schema.parse(body);
    expect(trace.hops.at(-1)).toMatchObject({ addr: parseIpv4(answering[0]), probeTtl: trace.hopCount });
  });

  it('refuses what the original refuses, without ending', async () => {
    const pair = { src: system.source, dst: answering[0] };
    const statusOf = async (path: string, body: object, apiKey = key) =>
      (await call('POST', path, body, apiKey)).status;
    expect(await statusOf('ping', { pings: [pair] })).toBe(400);
    expect(await statusOf('ping', { pings: [{ ...pair, count: 5 }] })).toBe(400);
    expect(await statusOf('ts', { pings: [pair] })).toBe(400);
    expect(await statusOf('ts', { pings: [{ ...pair, timestamp: 'tsprespec=x' }] })).toBe(400);
    expect(await statusOf('rr', { pings: [] })).toBe(400);
    expect(await statusOf('rr', { pings: [{ ...pair, dst: '192.168.1.1' }] })).toBe(400);
    expect(await statusOf('ping', { pings: [{ ...pair, count: 1, is_ripe: true }] })).toBe(400);
    expect(await statusOf('traceroute', { traceroutes: [{ ...pair, attempts: 9 }] })).toBe(400);
    expect(await statusOf('rr', { pings: [pair] }, 'wrong')).toBe(401);
    expect((await call('GET', 'vps', undefined, 'wrong')).status).toBe(401);
    expect((await call('GET', 'pings?id=x')).status).toBe(400);
    expect((await call('GET', 'pings?id=99999999')).status).toBe(404);
  });

  it('counts the pings of a request that have ended', async () => {
    const pings = answering.slice(0, 3).map((dst) => ({ src: system.source, dst }));
    const { results: url } = resultsSchema.parse((await call('POST', 'rr', { pings })).body);
    const id = Number(new URL(url).searchParams.get('id'));
    await clientWith(key).probes.wait(id);
    expect((await call('GET', `pings/batch/responses?id=${id}`)).body).toEqual({ count: 3 });
    expect((await call('GET', `traceroutes?id=${id}`)).body).toEqual({});
  });
});

/** `ReverseTraceroute` of the original's proto in JSON: no other fields, enum names, and 64-bit numbers as text. */
const int64 = z.string().regex(/^\d+$/);
const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const duration = z.string().regex(/^\d+(\.\d+)?s$/);
const revtrSchema = z.strictObject({
  ...{ status: z.enum(['RUNNING', 'COMPLETED', 'CANCELED']), src: z.ipv4(), dst: z.ipv4(), runtime: int64.optional() },
  ...{
    stopReason: z.string(),
    date: z.string(),
    failReason: z.string().optional(),
    id: uint32,
    label: z.string().optional(),
  },
  path: z.array(
    z.strictObject({
      hop: z.ipv4(),
      type: z.enum(HOP_TYPES),
      destBasedRoutingType: z.enum(['NO_VIOLATION', 'TUNNEL', 'LOAD_BALANCING']).optional(),
      ...{ measurementId: int64.optional(), fromCache: z.literal(true).optional(), rtt: uint32.optional() },
    }),
  ),
  stats: z.record(z.string().regex(/^[a-zA-Z]+(Probes|RoundCount|Duration)$/), z.union([z.int(), duration])).optional(),
  ...{ startTime: int64.optional(), endTime: int64.optional(), uuid: z.string().optional() },
});
const revtrsSchema = z.strictObject({ revtrs: z.array(revtrSchema) });
const batchSchema = z.strictObject({ batchId: uint32 });

describe('version 2 of the original', () => {
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${system.url}/api/v2/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const withKey = () => ({ 'Revtr-Key': key });
  const pair = (i = 0) => ({ src: system.source, dst: answering[i], label: 'ndt', uuid: `uuid-${i}` });

  it('runs what the sidecar of M-Lab sends, with the key in the message, and answers by batch, label, status and metadata', async () => {
    const sources = await call('GET', `sources?auth=${key}&onlyWithAtlas=true`);
    const { srcs } = z
      .strictObject({ srcs: z.array(z.strictObject({ hostname: z.string(), ip: z.ipv4(), site: z.string() })) })
      .parse(sources.body);
    expect(srcs.map(({ ip }) => ip)).toContain(system.source);
    const options = {
      ...{ rr_vp_selection_algorithm: 'ingress_cover', use_timestamp: false, use_cache: true, max_spoofers: 10 },
      atlas_options: {
        ...{ use_atlas: true, use_rr_pings: true, ignore_source: false, ignore_source_as: false },
        ...{ staleness_before_refresh: '1', staleness: '1440', platforms: ['mlab', 'ripe'] },
      },
      check_dest_based_routing_options: { check_tunnel: false },
      heuristics_options: { use_double_stamp: false },
      symmetry_options: null,
      ...{ is_run_forward_traceroute: false, is_run_rtt_pings: true, is_try_from_destination_as: true },
    };
    const revtrs = [0, 1, 2].map((i) => ({ ...pair(i), ...options }));
    const accepted = await call('POST', 'revtr', {
      revtrs: [...revtrs, { ...pair(), dst: '10.0.0.1' }],
      auth: key,
      checkDB: false,
    });
    expect([accepted.status, accepted.headers.get('rejected-pairs')]).toEqual([200, '1']);
    const { batchId } = batchSchema.parse(accepted.body);
    await clientWith(key).wait(batchId);
    const { revtrs: rows } = revtrsSchema.parse((await call('GET', `revtr/${batchId}?auth=${key}`)).body);
    expect(rows.map(({ dst, uuid, label, status }) => ({ dst, uuid, label, status }))).toEqual(
      [0, 1, 2].map((i) => ({ dst: answering[i], uuid: `uuid-${i}`, label: 'ndt', status: 'COMPLETED' })),
    );
    for (const { startTime = '', endTime = '', path } of rows) {
      expect(Number(endTime)).toBeGreaterThanOrEqual(Number(startTime));
      expect(path[0].type).toBe('DST_REV_SEGMENT');
    }
    expect(revtrsSchema.parse((await call('GET', 'revtr/ndt', undefined, withKey())).body).revtrs).toEqual(rows);
    const meta = await call('GET', `revtr/meta/${batchId}`, undefined, withKey());
    expect(meta.body).toEqual({ revtrsMeta: rows.map(({ status, src, dst, id }) => ({ status, src, dst, id })) });
    const status = await call('GET', `revtr/status/${batchId}`, undefined, withKey());
    expect(status.body).toEqual({ revtrsStatus: ['COMPLETED', 'COMPLETED', 'COMPLETED'] });
  });

  it('waits for the results when asked to', async () => {
    const { status, body } = await call(
      'POST',
      'revtr',
      { revtrs: [pair(3), pair(4)], waitUntilFinished: true },
      withKey(),
    );
    expect(status).toBe(200);
    const answer = batchSchema.extend({ lastInsertId: uint32, revtrs: z.array(revtrSchema) }).parse(body);
    expect(answer.revtrs.map((revtr) => revtr.status)).toEqual(['COMPLETED', 'COMPLETED']);
    expect(answer.revtrs.at(-1)?.id).toBe(answer.lastInsertId);
  });

  const details = z.array(z.looseObject({ '@type': z.string().startsWith('type.googleapis.com/google.rpc.') }));
  const statusSchema = z.strictObject({ code: z.int(), message: z.string().min(5), error: z.string(), details });
  const refused = async (...request: Parameters<typeof call>): Promise<unknown[]> => {
    const { status, body } = await call(...request);
    const { code, details: all } = statusSchema.parse(body);
    return [status, code, all[0].reason];
  };

  it('answers errors as google.rpc.Status', async () => {
    expect(await refused('POST', 'revtr', { revtrs: [pair()] })).toEqual([401, 16, 'unauthorized']);
    expect(await refused('POST', 'revtr', { revtrs: [pair()], auth: 'wrong' })).toEqual([401, 16, 'unauthorized']);
    expect(await refused('GET', 'sources?auth=wrong')).toEqual([401, 16, 'unauthorized']);
    expect(await refused('GET', 'revtr/1')).toEqual([401, 16, 'unauthorized']);
    const bad = { ...pair(), dst: '192.168.0.1' };
    expect(await refused('POST', 'revtr', { revtrs: [bad] }, withKey())).toEqual([400, 3, 'invalidPairs']);
    expect(await refused('POST', 'revtr', { revtrs: [pair()], what: 1 }, withKey())).toEqual([400, 3, 'badRequest']);
    const { body } = await call('POST', 'revtr', { revtrs: [bad] }, withKey());
    expect(body).toMatchObject({ details: [{}, { fieldViolations: [{ field: 'revtrs[0].dst' }] }] });
    expect(await refused('GET', 'revtr/99999999', undefined, withKey())).toEqual([404, 5, 'notFound']);
    expect(await refused('GET', 'revtr/no-such-label', undefined, withKey())).toEqual([404, 5, 'notFound']);
    expect(await refused('GET', 'revtr/meta/99999999', undefined, withKey())).toEqual([404, 5, 'notFound']);
    expect(await refused('GET', 'revtr/status/x', undefined, withKey())).toEqual([400, 3, 'badRequest']);
    const poor = await addUser(system, 'poor@revtr.example', { max_per_day: 1 });
    const message = { revtrs: [pair()], auth: poor };
    expect((await call('POST', 'revtr', message)).status).toBe(200);
    expect(await refused('POST', 'revtr', message)).toEqual([429, 8, 'quotaPerDay']);
    const stranger = { 'Revtr-Key': poor };
    const [{ id }] = (await clientWith(key).batches({ limit: 1 })) ?? [];
    expect(await refused('GET', `revtr/${id}`, undefined, stranger)).toEqual([404, 5, 'notFound']);
    expect(await refused('POST', 'atlas/run', { source: system.source, auth: poor })).toEqual([404, 5, 'notFound']);
  });

  it('reads no large message of an unknown sender', async () => {
    const revtrs = Array.from({ length: 20_000 }, () => pair());
    expect(await refused('POST', 'revtr', { revtrs, auth: key })).toEqual([400, 3, 'bodyTooLarge']);
    expect(await refused('POST', 'revtr', { revtrs }, withKey())).toEqual([400, 3, 'batchTooLarge']);
    for (const body of ['['.repeat(100_000), `{"revtrs":${'[{"a":'.repeat(20_000)}`, '"x"', 'null', '']) {
      const response = await fetch(`${system.url}/api/v2/revtr`, { method: 'POST', body });
      expect([400, 401]).toContain(response.status);
      statusSchema.parse(await response.json());
    }
  });

  it('reads few large messages at once before it knows who sent them', async () => {
    const { hostname, port } = new URL(system.url);
    const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname));
    const answers = sockets.map(async (socket, i) => {
      socket.write('POST /api/v2/revtr HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{');
      const [answer] = await once(socket, 'data');
      return { i, status: String(answer).slice(9, 12) };
    });
    const first = await Promise.race(answers);
    expect(first.status).toBe('429');
    const large = { revtrs: [pair()], auth: key, filler: ' '.repeat(100_000) };
    expect((await call('POST', 'revtr', large)).status).toBe(429);
    expect((await call('POST', 'revtr', large, withKey())).status).toBe(400);
    expect(await refused('POST', 'revtr', { revtrs: [pair()], auth: 'wrong' })).toEqual([401, 16, 'unauthorized']);
    const left = Promise.allSettled(answers);
    for (const socket of sockets) socket.end();
    await left;
    await expect.poll(async () => (await call('POST', 'revtr', { ...large, auth: 'wrong' })).status).toBe(401);
  });

  it('stores no key of a message in the audit', async () => {
    expect((await call('POST', 'atlas/clean', { source: system.source, auth: system.key })).status).toBe(200);
    expect((await call('POST', 'atlas/run', { source: system.source, auth: system.key })).body).toEqual({});
    const events = await clientWith(system.key).fleet.auditEvents({});
    expect(events.map(({ subject }) => subject)).toContain('POST /api/v2/atlas/run');
    expect(JSON.stringify(events)).not.toContain(system.key);
  });
});

// Last: one of the requests removes the atlas of the source.
describe('the documentation and the public clients of the original', () => {
  it('get the answers that they need to every request, as it is on the wire', async () => {
    const client = clientWith(key);
    const { batchId } = await client.submit([{ src: system.source, dst: answering[1], label: 'fetched' }]);
    await client.wait(batchId);
    const pings = await client.probes.send({ type: 'ping', probes: [{ from: system.source, to: answering[1] }] });
    await client.probes.wait(pings.id);
    const fill = {
      source: system.source,
      destination: answering[1],
      label: 'fetched',
      batch: batchId,
      pings: pings.id,
    };
    const requests = originalRequests({ ...fill, key, hostKey: system.key });
    for (const { name, answer, ...request } of requests) {
      const { status, headers, body } = await sendAsIs(system.url, request);
      expect([name, status]).toEqual([name, 200]);
      // Answers are compressed for clients that say that they unpack them.
      const { 'content-encoding': encoding = 'identity' } = headers;
      expect(['identity', ...(request.headers['accept-encoding'] ?? '').split(', ')], name).toContain(encoding);
      expect(answer.safeParse(body).error, name).toBeUndefined();
    }
    const documented = readFileSync(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8');
    for (const { name } of requests) expect(documented).toContain(`| ${name} |`);
  });
});
