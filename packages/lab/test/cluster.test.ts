import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Client, credentials, status } from '@grpc/grpc-js';
import { ReverseTracerouteClient } from '@revtr/client';
import { inNetworkNamespace } from '@revtr/linux';
import { formatIpv4 } from '@revtr/net';
import { type Database, generateApiKey, hashApiKey, openDatabase, parseDatabaseSettings, Users } from '@revtr/storage';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LocalCluster, startCluster } from '../src/cluster/cluster.ts';
import { countEndings } from '../src/cluster/endings.ts';
import { separateProcesses } from '../src/cluster/process-layout.ts';
import { ManagedProcess } from '../src/deployment/managed-process.ts';
import { Namespaces } from '../src/namespaces/namespaces.ts';
import { OriginalClient } from '../src/sidecar/original-client.ts';
import { processOf, submitPairs } from './cluster.ts';
import { Collector, type ReceivedSpan } from './traces/collector.ts';

const PREFIX = 'rclt';
const SOURCES = 6;
const COLLECTOR_PORT = 4318;
const PROBE = /^(spoofed ping|ping|traceroute)$/;
/** The name of the span above each span, by the first word of its name. Spans of techniques are below the measurement. */
const PARENTS: Readonly<Record<string, RegExp>> = {
  accept: /^POST /,
  wait: /^accept batch$/,
  measure: /^accept batch$/,
  bus: PROBE,
  gateway: /^bus /,
  link: /^gateway /,
  agent: /^link /,
};
const sourcesSchema = z.object({ srcs: z.array(z.object({ ip: z.string() })).default([]) });
const batchSchema = z.object({ batchId: z.int(), revtrs: z.array(z.looseObject({ status: z.string() })) });

interface Ending {
  readonly id: number;
  readonly endings: number;
}

/** The first message of the stream of the health service: field 1 is the status, and 1 means that it serves. */
function firstOfHealth(address: string): Promise<Buffer> {
  const client = new Client(address, credentials.createSsl(null, null, null, { rejectUnauthorized: false }));
  const asIs = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.once('data', (message: Buffer) => {
      resolve(message);
      stream.cancel();
      client.close();
    });
  });
}

describe('a cluster with two processes of each role', () => {
  let cluster: LocalCluster;
  let database: Database;
  let clients: readonly ReverseTracerouteClient[];
  const collector = new Collector();

  beforeAll(async () => {
    cluster = await startCluster({
      ...{ prefix: PREFIX, size: 'small', seed: 3, sources: SOURCES, vantagePoints: 10, layout: separateProcesses(2) },
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${COLLECTOR_PORT}`,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        // No span is dropped, however slow this machine is.
        OTEL_BSP_MAX_QUEUE_SIZE: '100000',
        OTEL_BSP_EXPORT_TIMEOUT: '120000',
        OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
      },
      isGrpcServed: true,
    });
    // From the start: exporters that nobody listens to wait longer and longer, and drop spans.
    const { control } = new Namespaces({ prefix: PREFIX });
    await collector.start(COLLECTOR_PORT, (listen) => inNetworkNamespace(control, listen));
    clients = cluster.apis.map((server) => new ReverseTracerouteClient({ server, key: cluster.key }));
    database = await openDatabase(parseDatabaseSettings(cluster.database));
    await countEndings(cluster.database);
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await cluster?.stop();
    collector.stop();
  });

  const owners = async (): Promise<string[]> => {
    const { rows } = await sql<{ owner: string }>`
      select owner from leases where name like 'source/%' and until > clock_timestamp()`.execute(database.db);
    return rows.map(({ owner }) => owner);
  };
  const ended = async (batchId: number): Promise<number> => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from results where batch_id = ${batchId}`.execute(database.db);
    return rows[0].count;
  };
  const endings = async (batchId: number): Promise<readonly Ending[]> => {
    const { rows } = await sql<Ending>`
      select m.id, count(e.id)::int as endings from results as m left join endings as e on e.id = m.id
      where m.batch_id = ${batchId} group by m.id`.execute(database.db);
    return rows;
  };
  const submit = (client: ReverseTracerouteClient, count: number, purpose: string) =>
    submitPairs(cluster, client, count, purpose);
  /** Reads the results through an API, and checks that each pair has ended once. */
  const expectOneEnding = async (client: ReverseTracerouteClient, batchId: number, count: number): Promise<void> => {
    const { measurements } = await client.wait(batchId);
    expect(measurements).toHaveLength(count);
    expect(measurements.filter(({ result }) => result === undefined)).toEqual([]);
    expect(measurements.some(({ result }) => result?.stopReason === 'reaches')).toBe(true);
    const counted = await endings(batchId);
    expect(counted).toHaveLength(count);
    expect(counted.filter((ending) => ending.endings !== 1)).toEqual([]);
  };
  const process = (name: string) => processOf(cluster, name);
  const isStarted = (name: string, times: number): boolean =>
    process(name).log.split('"msg":"started"').length - 1 >= times;

  it('lets a process end that cannot start, although it is connected to the bus', async () => {
    const users = new Users(database.db);
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const { id } = await users.ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    const key = generateApiKey();
    await users.addKey(id, hashApiKey(key));
    const environment = Object.fromEntries(
      readFileSync(`/proc/${process('gateway1').pid}/environ`, 'utf8')
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => line.split(/=(.*)/s)),
    );
    const logFile = join(cluster.directory, 'refused.log');
    const end = await new Promise((onEnd) =>
      new ManagedProcess({
        ...{ namespace: new Namespaces({ prefix: PREFIX }).control, logFile, onEnd },
        command: [execPath, fileURLToPath(import.meta.resolve('@revtr/controller/main'))],
        environment: {
          ...environment,
          REVTR_AUDIT_DIRECTORY: join(cluster.directory, 'refused-audit'),
          // The operator's account is looked at after the process has connected to the bus.
          REVTR_OPERATOR_KEY: key,
        },
      }).start(),
    );
    expect(end).toEqual({ exitCode: 1, signal: null });
    expect(readFileSync(logFile, 'utf8')).toContain('REVTR_OPERATOR_KEY is a key that was revoked or replaced');
  });

  it('serves gRPC in processes that have the role api alone', async () => {
    await expect.poll(owners, { timeout: 60_000 }).toHaveLength(SOURCES);
    const auth = cluster.key;
    const [first, second] = cluster.grpc.map((address) => new OriginalClient(address));
    const sourcesOf = async (client: OriginalClient, onlyWithAtlas: boolean): Promise<string[]> => {
      const { message } = await client.call('GetSources', { auth, onlyWithAtlas });
      return sourcesSchema.parse(message).srcs.map(({ ip }) => ip);
    };
    expect((await sourcesOf(first, false)).toSorted()).toEqual(cluster.sources.toSorted());
    // An engine that begins to serve a source measures its atlas.
    const [source] = cluster.sources;
    await expect.poll(() => sourcesOf(first, true), { timeout: 60_000 }).toContain(source);
    // A run that is under way would fill the atlas again.
    const { fleet } = clients[0];
    await fleet.cancelAtlasRun(source).catch(() => undefined);
    await fleet.atlasWhenDone(source);
    await first.call('CleanAtlas', { auth, source });
    expect(await sourcesOf(second, true)).not.toContain(source);
    await second.call('RunAtlas', { auth, source });
    await expect.poll(() => sourcesOf(first, true), { timeout: 60_000 }).toContain(source);

    const revtrs = cluster.world.randomRequests(12, 'over gRPC').map((request) => ({ ...request, label: 'gRPC' }));
    const answer = (await first.call('RunRevtr', { auth, revtrs, waitUntilFinished: true })).message;
    const { batchId, revtrs: measured } = batchSchema.parse(answer);
    expect(new Set(measured.map(({ status }) => status))).toEqual(new Set(['COMPLETED']));
    expect((await second.call('GetRevtr', { auth, batchId })).message).toEqual({ revtrs: measured });
    const late = second.call('RunRevtr', { auth, revtrs, waitUntilFinished: true }, { deadlineMs: 1 });
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await firstOfHealth(cluster.grpc[1])).toEqual(Buffer.from([8, 1]));
    for (const client of [first, second]) client.close();
  });

  it('ends every pair exactly once although an engine and a gateway are killed', async () => {
    await expect.poll(owners, { timeout: 60_000 }).toHaveLength(SOURCES);
    // An engine that is slow for a moment loses its leases, and gets its share back.
    await expect.poll(async () => new Set(await owners()).size, { timeout: 60_000 }).toBe(2);
    const batchId = await submit(clients[0], 120, 'killed');
    await expect.poll(() => ended(batchId), { timeout: 60_000, interval: 10 }).toBeGreaterThan(5);
    await Promise.all([process('engine1').kill(), process('gateway1').kill()]);
    // The sources of the other engine are listed while nobody keeps the atlases of those of the killed one.
    const client = new OriginalClient(cluster.grpc[0]);
    const listed = (await client.call('GetSources', { auth: cluster.key, onlyWithAtlas: true })).message;
    expect(sourcesSchema.parse(listed).srcs).not.toEqual([]);
    client.close();
    expect(await ended(batchId)).toBeLessThan(120);
    await expectOneEnding(clients[1], batchId, 120);
    expect(new Set(await owners()).size).toBe(1);
  });

  it('gives an engine that comes back its share, and hands over at once when another one stops', async () => {
    await Promise.all([process('engine1').kill(), process('gateway1').kill()]);
    // Leases of a killed engine that have not ended yet would look like its share.
    await expect.poll(owners, { timeout: 60_000 }).toHaveLength(SOURCES);
    await expect.poll(async () => new Set(await owners()).size, { timeout: 60_000 }).toBe(1);
    process('engine1').start();
    process('gateway1').start();
    await expect.poll(() => isStarted('engine1', 2) && isStarted('gateway1', 2), { timeout: 60_000 }).toBe(true);
    await expect.poll(async () => new Set(await owners()).size, { timeout: 60_000 }).toBe(2);
    const batchId = await submit(clients[1], 60, 'stopped');
    await expect.poll(() => ended(batchId), { timeout: 60_000 }).toBeGreaterThan(5);
    await process('engine2').stop();
    await expectOneEnding(clients[0], batchId, 60);
  });

  it('shares what one API is told with all processes', async () => {
    const [first, second] = clients;
    const [{ destination }] = cluster.world.randomPairs(1, 'opted out');
    const dst = formatIpv4(destination);
    const pair = { src: cluster.sources[0], dst };
    await first.submit([pair]);
    await first.fleet.addOptOut(`${dst}/32`, 'test');
    const refusal = (): Promise<unknown> =>
      second.submit([pair]).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    await expect.poll(refusal).toContain('pair');
  });

  it('records a measurement as one trace, from the API to the agents', async () => {
    const batchId = await submit(clients[0], 3, 'traced');
    await expectOneEnding(clients[1], batchId, 3);
    const ofBatch = () => {
      const { traceId } = collector.spans.find(({ attributes }) => attributes['revtr.pairs'] === '3') ?? {};
      return collector.spans.filter((span) => span.traceId === traceId);
    };
    const parentOf = ({ parentId }: ReceivedSpan) => ofBatch().find(({ spanId }) => spanId === parentId);
    const count = (name: string) => ofBatch().filter((span) => span.name === name).length;
    await expect.poll(() => [count('measure'), count('wait in queue'), count('accept batch')]).toEqual([3, 3, 1]);
    await expect
      .poll(() =>
        ofBatch()
          .filter((span) => parentOf(span) === undefined)
          .map(({ name }) => name),
      )
      .toEqual([expect.stringMatching(/^POST /)]);
    const seen = new Set<string>();
    for (const span of ofBatch()) {
      const [kind = ''] = span.name.split(' ');
      seen.add(PROBE.test(span.name) ? 'probe' : kind);
      const parent = parentOf(span)?.name ?? '';
      if (PARENTS[kind] !== undefined)
        expect([span.name, parent]).toEqual([span.name, expect.stringMatching(PARENTS[kind])]);
      expect(span.service).toBe(kind === 'agent' ? 'revtr-agent' : 'revtr-controller');
      expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
    }
    for (const kind of [...Object.keys(PARENTS), 'POST', 'probe']) expect(seen).toContain(kind);
    // Techniques stand between measurements and their probes.
    const techniques = ofBatch().filter((span) => parentOf(span)?.name === 'measure' && !PROBE.test(span.name));
    expect(techniques.map(({ name }) => name)).toContain('recordRoute');
  });

  it('loses nothing while the bus is away', async () => {
    await process('nats').kill();
    const batchId = await submit(clients[0], 12, 'without the bus');
    await expect.poll(() => process('gateway2').log.includes('the bus cannot be reached')).toBe(true);
    process('nats').start();
    await expectOneEnding(clients[1], batchId, 12);
  });
});
