import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { Authority } from '@revtr/link';
import { formatIpv4, parseIpv4, parsePrefix } from '@revtr/net';
import { createLegacyMark, systemClock, TargetPolicy } from '@revtr/probing';
import { encodeFrame, FrameDecoder } from '@revtr/scamper';
import { Agents, KillSwitchRecords, openDatabase, Users } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentDirectory } from '../src/agents/directory.ts';
import { Metrics } from '../src/foundation/metrics.ts';
import { LegacyGateway } from '../src/measuring/legacy/legacy-gateway.ts';
import { SharedReplies } from '../src/measuring/legacy/shared-replies.ts';
import { LinkProber } from '../src/measuring/link-prober.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';
import { type Process, processes } from './cluster/processes.ts';
import { startNameServer } from './dns-server.ts';
import { framed, rawCall, rawSession } from './grpc/raw-call.ts';
import { serviceOf } from './grpc/service-of.ts';

const HOST = '127.0.0.1';
const ADDRESS = parseIpv4(HOST);
const OTHER = parseIpv4('192.88.99.2');
const NAME = 'plcontroller.example';
/** A name that the certificate does not have. */
const OTHER_NAME = 'other.example';
const NAME_SERVER = '127.0.0.77';
const PATIENCE_MS = 300;
const PACKETS_PER_SECOND = 1_000;
const clock = systemClock;

/** A port that nothing listens on at this moment. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const lines: string[] = [];
const events: string[] = [];
const metrics = new Metrics();
const children: ChildProcess[] = [];
const sockets: Socket[] = [];
const ports = { scamper: 0, grpc: 0, otherGrpc: 0 };
let root = '';
let rootFile = '';
let directory: AgentDirectory;
let gateway: LegacyGateway;
/** Another gateway of the cluster, to which the same agents report. */
let otherGateway: LegacyGateway;
let switches: KillSwitches;
let prober: LinkProber;
const targetPolicy = new TargetPolicy({ testNetworks: [parsePrefix('127.0.0.0/8')] });
let operator = 0;
let close: () => Promise<void>;

beforeAll(async () => {
  const path = mkdtempSync(join(tmpdir(), 'revtr-legacy-'));
  const authority = await Authority.open(path, new Date());
  root = authority.rootCertificate;
  rootFile = join(path, 'root.crt');
  const database = await openDatabase({ kind: 'memory' });
  directory = await AgentDirectory.open(new Agents(database.db));
  for (const address of [ADDRESS, OTHER])
    await directory.put({
      ...{ address, hostname: `h${address}.example`, site: '', user_id: null, kind: 'vantagePoint', state: 'ready' },
    });
  const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
  const users = new Users(database.db);
  operator = (await users.ensure({ name: 'O', email: 'o@revtr.example', role: 'operator', ...limits })).id;
  switches = await KillSwitches.open({ records: new KillSwitchRecords(database.db), clock });
  Object.assign(ports, { scamper: await freePort(), grpc: await freePort(), otherGrpc: await freePort() });
  const start = processes();
  const gatewayProcesses: Process[] = [];
  const createGateway = (scamperPort: number | undefined, grpcPort: number): LegacyGateway => {
    const process = start('gateway');
    gatewayProcesses.push(process);
    const { bus, members } = process;
    const replies = new SharedReplies({
      ...{ bus, members, clock },
      take: (receiver, reports) => created.agents.take(receiver, reports),
      onError: () => undefined,
    });
    replies.start();
    const created = new LegacyGateway(
      {
        ...{ host: HOST, contact: 'mailto:probes@example.org', scamperPort, grpcPort },
        ...{ names: [NAME], credentialFiles: undefined, acceptsPlaintext: true, packetsPerSecond: PACKETS_PER_SECOND },
        patienceMs: PATIENCE_MS,
        arrivals: { burst: 1_000, perSecond: 1_000 },
      },
      {
        ...{ directory, targetPolicy, switches, metrics, clock, random: Math.random },
        handOn: (receiver, reports, signal) => replies.handOn(receiver, reports, signal),
        log: pino({}, { write: (line: string) => void lines.push(line) }),
        auditEvents: {
          count: ({ kind, client, subject }) => void events.push([kind, client, subject].join(' ').trim()),
        },
        certify: (names) => authority.createServer(names, new Date()),
        isLinked: () => false,
        onJoined: () => undefined,
        onLeft: () => undefined,
        onHealth: () => undefined,
      },
    );
    return created;
  };
  gateway = createGateway(ports.scamper, ports.grpc);
  otherGateway = createGateway(undefined, ports.otherGrpc);
  await otherGateway.start();
  await until(() =>
    gatewayProcesses.every(({ members }) => members.with('gateway').length === gatewayProcesses.length),
  );
  switches.subscribe(() => gateway.agents.enforceRules());
  await gateway.start();
  prober = new LinkProber(
    { patienceMs: 5_000 },
    { agents: gateway.agents, directory, targetPolicy, clock, onForged: () => undefined },
  );
  close = async () => {
    await gateway.stop();
    await otherGateway.stop();
    for (const process of gatewayProcesses) await process.stop();
    await database.close();
    rmSync(path, { recursive: true });
  };
});
afterAll(() => close());
beforeEach(async () => {
  await directory.change(ADDRESS, { legacy: true });
  lines.length = 0;
  events.length = 0;
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const socket of sockets.splice(0)) socket.destroy();
  gateway.agents.expel(ADDRESS);
});

const refused = async (kind: string): Promise<number> => {
  const counter = await metrics.registry.getSingleMetric('revtr_refused_total')?.get();
  return counter?.values.find(({ labels }) => labels.kind === kind)?.value ?? 0;
};
const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  for (let waited = 0; !(await isTrue()); waited += 10) {
    if (waited > 10_000) throw new Error(`did not become true: ${isTrue}`);
    await sleep(10);
  }
};
const dial = (to: string, ...args: string[]): ChildProcess => {
  const child = spawn('scamper', ['-R', to, '-p', '1000', ...args], { stdio: 'ignore' });
  children.push(child);
  return child;
};
/** Starts a scamper that dials in without TLS, which it does not use with an address. */
const startScamper = (port = ports.scamper): ChildProcess => dial(`${HOST}:${port}`);
/** The scamper of Debian 12 is built without OpenSSL. */
const canUseTls = spawnSync('scamper', ['-?'], { encoding: 'utf8' }).stderr.includes('cafile=');
const ping = () => prober.ping({ type: 'ping', sender: ADDRESS, target: ADDRESS, timeoutMs: 1_000 });

describe('a scamper that dials in', () => {
  it('measures: pings with Record Route and Timestamp, and traceroutes', async () => {
    startScamper();
    const request = { type: 'ping', sender: ADDRESS, target: ADDRESS, timeoutMs: 1_000 } as const;
    const { reply } = await prober.ping({ ...request, option: { type: 'recordRoute', slots: 9 } });
    expect(reply).toMatchObject({ from: ADDRESS, icmpType: 0 });
    expect(reply?.recordRoute?.every((stamp) => stamp === ADDRESS)).toBe(true);
    const stamped = await prober.ping({
      ...request,
      option: { type: 'timestamp', form: 'prespecified', slots: [ADDRESS, OTHER] },
    });
    expect(stamped.reply?.timestamps).toMatchObject([{ address: ADDRESS }, { address: OTHER }]);
    const trace = await prober.traceroute({ type: 'traceroute', sender: ADDRESS, target: ADDRESS, timeoutMs: 1_000 });
    expect(trace).toMatchObject({ stop: 'completed', hops: [{ ttl: 1, from: ADDRESS }] });
    expect(lines.join('')).toContain('checks no grants, opt-outs or kill switches');
  });

  it('measures over TLS, and checks certificate and name', async () => {
    if (canUseTls) {
      const nameServer = await startNameServer({ host: NAME_SERVER, port: 53 });
      for (const name of [NAME, OTHER_NAME]) nameServer.zone.set(`A ${name}`, [HOST]);
      const dialOverTls = (name: string) =>
        dial(`${name}:${ports.scamper}`, '-n', NAME_SERVER, '-O', `cafile=${rootFile}`);
      const before = await refused('legacyConnection');
      dialOverTls(OTHER_NAME);
      await until(async () => (await refused('legacyConnection')) === before + 1);
      expect(lines.join('')).toContain('another certificate');
      dialOverTls(NAME);
      expect((await ping()).reply).toMatchObject({ from: ADDRESS });
      await nameServer.stop();
      return;
    }
    const relay = createServer((inner) => {
      const outer = connectTls({ host: HOST, port: ports.scamper, ca: root, servername: NAME });
      for (const socket of [inner, outer]) sockets.push(socket.on('error', () => socket.destroy()));
      inner.pipe(outer).pipe(inner);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => relay.listen(port, HOST, resolve));
    startScamper(port);
    expect((await ping()).reply).toMatchObject({ from: ADDRESS });
    relay.close();
  });

  it('that is killed and started again answers every command once', async () => {
    const first = startScamper();
    await ping();
    const pings = Array.from({ length: 40 }, () => ping());
    await pings[5];
    first.kill('SIGKILL');
    startScamper();
    const results = await Promise.all(pings);
    expect(results.every(({ reply }) => reply?.from === ADDRESS)).toBe(true);
  });

  it('that has connected to another gateway is given up here, unless it is connected here as well', async () => {
    const scamper = startScamper();
    await ping();
    gateway.agents.movedAway(ADDRESS);
    expect(gateway.agents.connected()).toEqual([ADDRESS]);
    scamper.kill('SIGKILL');
    await until(() => gateway.agents.connected().length === 0);
    expect(gateway.agents.find(ADDRESS)).toBeDefined();
    gateway.agents.movedAway(ADDRESS);
    expect(gateway.agents.find(ADDRESS)).toBeUndefined();
  });

  it('obeys kill switches and the opt-out list, also while a probe runs', async () => {
    const scamper = startScamper();
    await ping();
    // It does not answer, so that the ping would wait for ten seconds.
    scamper.kill('SIGSTOP');
    const running = prober.ping({ type: 'ping', sender: ADDRESS, target: ADDRESS, timeoutMs: 10_000 });
    running.catch(() => undefined);
    await sleep(50);
    await switches.set('target', `${HOST}/32`, 'a complaint', operator);
    await expect(running).rejects.toMatchObject({ code: 'killSwitch' });
    await expect(ping()).rejects.toMatchObject({ code: 'killSwitch' });
    await switches.lift('target', `${HOST}/32`);
    targetPolicy.setOptedOut({ covers: (address) => address === ADDRESS });
    await expect(ping()).rejects.toMatchObject({ code: 'invalidRequest' });
    targetPolicy.setOptedOut({ covers: () => false });
  });
});

/** Connects and sends bytes; resolves when the controller has closed the connection. */
const send = (...chunks: readonly Uint8Array[]): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(ports.scamper, HOST, () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.once('close', () => resolve());
  });
const control = (sequence: number, ...bytes: number[]): Uint8Array =>
  encodeFrame({ sequence, channel: 0, payload: Uint8Array.from(bytes) });
const hello = (monitor = ''): Uint8Array => {
  const name = monitor === '' ? [0] : [monitor.length + 1, ...Buffer.from(`${monitor}\0`)];
  return control(0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, ...name);
};

/** Speaks like a scamper until its channel is open, and then sends bytes on that channel. */
const sendOnChannel = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const decoder = new FrameDecoder();
    const socket = connect(ports.scamper, HOST, () => socket.write(hello()));
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      for (const { sequence, channel, payload } of decoder.push(chunk)) {
        if (channel !== 0 || payload[0] !== 2) continue;
        socket.write(control(0, 5, ...Buffer.from(Uint32Array.of(sequence).buffer).reverse()));
        const own = Buffer.from(payload).readUInt32BE(1);
        for (let at = 0, next = 0; at < bytes.length; at += 60_000, next++)
          socket.write(encodeFrame({ sequence: next, channel: own, payload: bytes.subarray(at, at + 60_000) }));
      }
    });
  });

describe('the controller refuses, logs and counts', () => {
  it.each([
    ['a stranger, whose address the operator has not allowed', [hello()], 'has not allowed'],
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], 'silent'],
    ['a handshake that is none', [Buffer.from([0x16, 3, 1, 0, 4, 9, 9, 9, 9])], 'TLS handshake failed'],
    ['a connection that says nothing', [], 'said nothing'],
    ['a greeting that does not end', [hello().subarray(0, 12)], 'silent'],
    ['a greeting with a number that runs past its end', [control(0, 0, 200, 1)], 'without its number'],
    ['a scamper that claims the host name of another agent', [hello(`H${OTHER}.example`)], 'claims to be'],
    ['a scamper that claims the address of another agent', [hello(formatIpv4(OTHER))], 'claims to be'],
    ['a frame without payload', [Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], 'without payload'],
  ] as const)('%s', async (_, chunks, reason) => {
    if (reason === 'has not allowed') await directory.change(ADDRESS, { legacy: false });
    const before = await refused('legacyConnection');
    await send(...chunks);
    await until(async () => (await refused('legacyConnection')) === before + 1);
    expect(lines.join('')).toContain(reason);
    expect(events).toEqual([`agentRefused ${HOST} legacyConnection`]);
    expect(gateway.agents.connected()).toEqual([]);
  });

  it('a scamper that leaves during the TLS handshake', async () => {
    const before = await refused('legacyConnection');
    const socket = connect(ports.scamper, HOST, () => socket.end(Buffer.from([0x16, 3, 1, 0, 200])));
    sockets.push(socket);
    await until(async () => (await refused('legacyConnection')) === before + 1);
    expect(events).toEqual([`agentRefused ${HOST} legacyConnection`]);
    expect(lines.join('')).toContain('another certificate');
  });

  it.each([
    ['results that are larger than any', Buffer.from('DATA 99999999\n'), 'too much data'],
    ['a line that does not end', Buffer.alloc(20_000, 0x41), 'an endless line'],
    ['results that are no warts', Buffer.from('DATA 13\n(AAAAAAAAAAA\n'), 'no warts record'],
    ['more than a scamper has to say', Buffer.alloc(30_000_000, `OK ${'.'.repeat(3_996)}\n`), 'too much'],
  ])('%s', async (_, bytes, reason) => {
    const before = await refused('legacyMessage');
    await sendOnChannel(bytes);
    await until(async () => (await refused('legacyMessage')) === before + 1);
    expect(lines.join('')).toContain(reason);
  });
});

describe('replies that an agent reports', () => {
  type Report = (probes: readonly object[]) => Promise<number>;
  let report: Report;
  let reportElsewhere: Report;
  const stops: (() => void)[] = [];
  beforeAll(() => {
    const Client = serviceOf('grpc/proto/plcontroller.proto', 'pb.PLController', { keepCase: true });
    const reportTo = (port: number): Report => {
      const client = new Client(`${HOST}:${port}`, credentials.createSsl(Buffer.from(root)), {
        'grpc.ssl_target_name_override': NAME,
        'grpc.default_authority': NAME,
      });
      stops.push(() => client.close());
      return (probes) =>
        new Promise((resolve) => {
          client.AcceptProbes({ probes }, (error: { readonly code: number } | null) =>
            resolve(error?.code ?? status.OK),
          );
        });
    };
    report = reportTo(ports.grpc);
    reportElsewhere = reportTo(ports.otherGrpc);
  });
  afterAll(() => {
    for (const stop of stops) stop();
  });

  it('answer the spoofed probe whose mark they carry, and no other, at whichever gateway they arrive', async () => {
    startScamper();
    await until(() => gateway.agents.connected().length === 1);
    const agent = gateway.agents.find(ADDRESS);
    for (const reportHere of [report, reportElsewhere]) {
      events.length = 0;
      const mark = createLegacyMark(pooledRandomBytes);
      const caught = agent?.run({ kind: 'catch', target: OTHER, mark, timeoutMs: 5_000 }, { timeoutMs: 5_000 });
      const right = {
        ...{ spoofer_ip: OTHER, probe_id: Number.parseInt(mark.token.slice(0, 8), 16), src: OTHER, dst: ADDRESS },
        ...{ id: mark.identifier, seq_num: mark.sequence, r_r: { hops: [OTHER, 7, 8, 0, 9, 0, 0, 0, 0] } },
      };
      const before = await refused('legacyReply');
      const wrong = [{ src: ADDRESS }, { id: right.id ^ 1 }, { seq_num: 1 }, { probe_id: right.probe_id ^ 1 }];
      expect(await reportHere(wrong.map((part) => ({ ...right, ...part })))).toBe(status.OK);
      expect(await refused('legacyReply')).toBe(before + wrong.length);
      expect(events).toEqual([`replyForged ${HOST}`]);
      expect(await reportHere([right])).toBe(status.OK);
      expect(await caught).toEqual({
        kind: 'reported',
        reply: { from: OTHER, icmpType: 0, icmpCode: 0, ttl: 0, recordRoute: [OTHER, 7, 8, 0, 9] },
      });
      // The same reply once more is late, and no forgery.
      expect(await reportHere([right])).toBe(status.OK);
      expect(await refused('legacyReply')).toBe(before + wrong.length);
    }
  });

  it('are refused from a stranger, and when there are none', async () => {
    expect(await report([])).toBe(status.INVALID_ARGUMENT);
    await directory.change(ADDRESS, { legacy: false });
    const before = await refused('legacyConnection');
    expect(await report([{ src: 1 }])).toBe(status.PERMISSION_DENIED);
    expect(await refused('legacyConnection')).toBe(before + 1);
  });
});

describe('the server for reported replies refuses, logs and counts', () => {
  const PATH = '/pb.PLController/AcceptProbes';
  const countedOf = async (reason: string): Promise<number> => {
    const counter = await metrics.registry.getSingleMetric('revtr_grpc_refused_total')?.get();
    return counter?.values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
  };
  const isLogged = (text: string): boolean => lines.some((line) => line.includes(text) && line.includes(HOST));

  it.each([
    ['a message of another proto', PATH, Buffer.from('0a05ffff', 'hex'), status.INVALID_ARGUMENT, 'badMessage'],
    ['a method that it does not have', '/pb.PLController/Ping', Buffer.of(), status.UNIMPLEMENTED, 'unimplemented'],
    ['another service', '/pb.Revtr/GetSources', Buffer.of(), status.UNIMPLEMENTED, 'unimplemented'],
    ['a message larger than a report can be', PATH, Buffer.alloc(2 ** 20 + 1), status.RESOURCE_EXHAUSTED, 'limit'],
  ])('%s', async (_, path, body, code, reason) => {
    const before = await countedOf(reason);
    const session = rawSession(ports.grpc);
    expect((await rawCall(session, path, { body: framed(body) })).status).toBe(String(code));
    session.destroy();
    expect(await countedOf(reason)).toBe(before + 1);
    expect(isLogged(`"reason":"${reason}"`)).toBe(true);
  });

  it('a client that speaks no TLS', async () => {
    const before = await countedOf('tls');
    const socket = connect(ports.grpc, HOST, () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
    await until(async () => (await countedOf('tls')) === before + 1);
  });
});

describe('the rate cap of an agent', () => {
  it('charges what a traceroute that is cut off may have sent, and nothing for one that was not sent', async () => {
    const first = startScamper();
    await ping();
    const agent = gateway.agents.find(ADDRESS);
    const most = { maxHops: 255, attempts: 10 };
    /** Cuts off traceroutes before scamper answers. */
    const cutOff = async (count: number): Promise<void> => {
      const stop = new AbortController();
      const options = { timeoutMs: 5_000, signal: stop.signal };
      const runs = Array.from({ length: count }, (_, i) => {
        const request = {
          type: 'traceroute',
          sender: ADDRESS,
          target: ADDRESS + i,
          timeoutMs: 1_000,
          ...most,
        } as const;
        return agent?.run({ kind: 'traceroute', request, measurement: undefined }, options);
      });
      await sleep(20);
      stop.abort();
      expect(new Set((await Promise.allSettled(runs)).map((run) => run.status))).toEqual(new Set(['rejected']));
    };
    // Without a connection, nothing is sent.
    first.kill('SIGKILL');
    await until(() => gateway.agents.connected().length === 0);
    for (let i = 0; i < 25; i++) await cutOff(60);
    const second = startScamper();
    expect((await ping()).reply).toBeDefined();
    second.kill('SIGSTOP');
    await cutOff(14);
    second.kill('SIGCONT');
    await expect(ping()).rejects.toThrow('packets per second for some time');
  });
});
